internal import Fleet

/// What callers ask of a session.
extension Session {
    func publish(_ message: Message) async throws(TransportError) {
        try message.validate()
        if Task.isCancelled { throw TransportError(.cancelled, "publish to \(message.topic): cancelled") }
        let bytes = message.packetSize
        if let outcome = step({ $0.enterWindow(message, bytes: bytes) }) {
            try outcome.get()
        } else {
            let id = newIdentifier()
            let caller = PublishWindow.Caller(id: id, bytes: bytes, qos: message.qos)
            try await wait(id) { state in
                // Room may have come free meanwhile.
                if let outcome = state.enterWindow(message, bytes: bytes) { return outcome }
                state.window.wait(caller)
                return nil
            }.get()
        }
        try step { $0.handOver(message, bytes: bytes) }.get()
    }

    func publishAtOnce(_ message: Message) -> Bool {
        // What cannot be sent at all is left to `publish`, which throws the reason.
        guard (try? message.validate()) != nil else { return false }
        let bytes = message.packetSize
        return step { state in
            guard case .success? = state.enterWindow(message, bytes: bytes) else { return false }
            guard case .success = state.handOver(message, bytes: bytes) else { return false }
            return true
        }
    }

    func subscribe(_ subscriptions: [Subscription]) async throws(TransportError) {
        for subscription in subscriptions { _ = try TopicFilter(subscription.filter) }
        let id = newIdentifier()
        try await wait(id) { state in
            if state.isClosing { return .failure(TransportError(.closed, "subscribe: the transport is closed")) }
            state.subscriptions.remember(subscriptions)
            guard let handle = state.linked, !subscriptions.isEmpty else { return .success(()) }
            return state.ask(id, subscriptions, by: handle, deadline: .now + timing.request)
        }.get()
    }

    func unsubscribe(_ filters: [String]) async throws(TransportError) {
        let id = newIdentifier()
        try await wait(id) { state in
            if state.isClosing { return .failure(TransportError(.closed, "unsubscribe: the transport is closed")) }
            let known = state.subscriptions.remembered.map(\.filter).filter(filters.contains)
            state.subscriptions.forget(known)
            guard let handle = state.linked, !known.isEmpty else { return .success(()) }
            return state.askToForget(id, known, by: handle, deadline: .now + timing.request)
        }.get()
    }
}
