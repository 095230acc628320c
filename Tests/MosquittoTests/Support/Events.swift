import Fleet

struct Missing: Error, CustomStringConvertible {
    let description: String
}

extension Transport {
    /// The next event, or an error if there is none within 10 s, far longer than anything here takes.
    func nextEvent() async throws -> TransportEvent {
        let events = self.events
        let event = await withTaskGroup(of: TransportEvent?.self) { group in
            group.addTask { await events.next() }
            group.addTask {
                try? await Task.sleep(for: .seconds(10))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let event else { throw Missing(description: "no event within 10 s") }
        return event
    }

    func nextMessage() async throws -> Message {
        while true {
            if case .message(let message) = try await nextEvent() { return message }
        }
    }
}

/// Waits, with a bound, for what no event announces.
func eventually(_ claim: String, _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while !condition() {
        guard ContinuousClock.now < deadline else { throw Missing(description: "never became so: \(claim)") }
        try await Task.sleep(for: .milliseconds(2))
    }
}
