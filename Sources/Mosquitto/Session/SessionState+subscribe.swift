internal import Fleet

/// Subscribing, as events of the session.
extension SessionState {
    /// Sends SUBSCRIBE packets.
    ///
    /// - Returns: nil if the broker's answer is awaited; success if there is no connection after all: the next one
    ///   will subscribe to everything remembered.
    mutating func ask(
        _ id: UInt64, _ wanted: [Subscription], by handle: Handle, deadline: ContinuousClock.Instant
    ) -> Outcome? {
        subscriptions.begin(id, filters: wanted.map(\.filter), deadline: deadline)
        for (filters, qos) in SubscriptionBook.packets(wanted) {
            if let outcome = note(handle.subscribe(filters, qos), id, filters) { return outcome }
        }
        return nil
    }

    /// Sends UNSUBSCRIBE packets. Returns as `ask`.
    mutating func askToForget(
        _ id: UInt64, _ filters: [String], by handle: Handle, deadline: ContinuousClock.Instant
    ) -> Outcome? {
        subscriptions.begin(id, filters: filters, deadline: deadline)
        for batch in SubscriptionBook.batches(filters) {
            if let outcome = note(handle.unsubscribe(batch), id, batch) { return outcome }
        }
        return nil
    }

    private mutating func note(
        _ sent: Result<Int32, LibraryFailure>, _ id: UInt64, _ filters: [String]
    ) -> Outcome? {
        switch sent {
        case .success(let packet):
            subscriptions.asked(id, packet: packet, filters: filters)
            return nil
        case .failure(let failure):
            let all = subscriptions.abandon(id)
            if failure.isNoConnection { return .success(()) }
            subscriptions.forget(all)
            return .failure(
                TransportError(
                    .protocolViolation, "libmosquitto refused \(filters.joined(separator: ", ")): \(failure)"))
        }
    }

    /// The broker answered a SUBSCRIBE or UNSUBSCRIBE.
    ///
    /// - Returns: what it refused of the remembered subscriptions that a new connection makes.
    mutating func acknowledged(
        _ packet: Int32, _ reasons: [UInt8], _ explainer: FailureExplainer
    ) -> [SubscriptionBook.Refusal] {
        guard let (id, refused) = subscriptions.answered(packet, reasons) else { return [] }
        if id == SubscriptionBook.renewal { return refused }
        if refused.isEmpty {
            end(id, .success(()))
        } else {
            subscriptions.forget(refused.map(\.filter))
            end(id, .failure(explainer.refusedSubscriptions(refused)))
        }
        return []
    }

    /// Ends requests that the broker did not answer in time.
    mutating func expireRequests(at now: ContinuousClock.Instant) {
        for id in subscriptions.overdue(at: now) {
            let filters = subscriptions.abandon(id)
            subscriptions.forget(filters)
            end(
                id,
                .failure(
                    TransportError(
                        .timeout, "the broker did not answer the request for \(filters.joined(separator: ", ")) in time"
                    )))
        }
    }
}
