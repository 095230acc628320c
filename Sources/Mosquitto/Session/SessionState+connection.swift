internal import Fleet

/// Connections coming, going and being closed, as events of the session.
extension SessionState {
    /// The broker accepted a connection: subscribe to everything remembered.
    ///
    /// - Returns: why that cannot even be asked.
    mutating func accepted(
        _ handle: Handle, _ limits: BrokerLimits, deadline: ContinuousClock.Instant
    ) -> TransportError? {
        link = .greeting(handle)
        maximumPacketSize = limits.maximumPacketSize
        let wanted = subscriptions.remembered
        guard !wanted.isEmpty else { return nil }
        switch ask(SubscriptionBook.renewal, wanted, by: handle, deadline: deadline) {
        case nil, .success: return nil
        case .failure(let error): return error
        }
    }

    /// All remembered subscriptions are made.
    mutating func up(_ handle: Handle, opening: UInt64) {
        link = .up(handle)
        resend(by: handle)
        if phase == .opening { phase = .open }
        end(opening, .success(()))
    }

    /// The connection is gone, and with it what was under way at QoS 0.
    mutating func lost() {
        link = .down
        let (withdrawn, admitted) = window.withdraw { $0.qos == .atMostOnce }
        for id in withdrawn { end(id, .failure(TransportError(.notConnected, "publish: the connection is lost"))) }
        for id in admitted { end(id, .success(())) }
        for bytes in outbox.connectionLost() { leaveWindow(bytes) }
        for id in subscriptions.connectionLost() { end(id, .success(())) }
    }

    /// No more calls; those that wait are refused.
    mutating func beginClosing(until deadline: ContinuousClock.Instant) {
        guard !isClosing else { return }
        phase = .closing(until: deadline, isDisconnecting: false)
        let closed = Outcome.failure(TransportError(.closed, "the transport is closed"))
        for id in window.withdraw(where: { _ in true }).withdrawn { end(id, closed) }
        for id in subscriptions.connectionLost() { end(id, closed) }
        progressClosing(at: .now)
    }

    /// Publishes the farewell behind all that was handed over, and disconnects once everything is settled or late.
    mutating func progressClosing(at now: ContinuousClock.Instant) {
        guard case .closing(let deadline, isDisconnecting: false) = phase, let handle = linked else { return }
        if isUp, let farewell {
            self.farewell = nil
            if case .success(let packet) = handle.publish(farewell) {
                window.enterRegardless(farewell.packetSize)
                outbox.add(farewell, bytes: farewell.packetSize, packet: packet)
            }
        }
        guard outbox.isEmpty || now >= deadline else { return }
        handle.disconnect()
        phase = .closing(until: deadline, isDisconnecting: true)
    }

    /// Whether the network thread should leave, and not wait for a connection to end in good order, or to come about
    /// for the sake of what is still unsent at QoS 1.
    func isPastClosing(at now: ContinuousClock.Instant, grace: Duration) -> Bool {
        switch phase {
        case .opening, .open: false
        case .closing(let deadline, _): (linked == nil && outbox.isEmpty) || now >= deadline + grace
        case .closed: true
        }
    }
}
