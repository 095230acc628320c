/// A client of an `InMemoryBroker`. It never waits: publishing delivers, and connecting again takes no time.
public final class InMemoryTransport: Transport {
    public let events: Mailbox
    private let broker: InMemoryBroker
    private let key: Int

    init(broker: InMemoryBroker, key: Int, events: Mailbox) {
        self.broker = broker
        self.key = key
        self.events = events
    }

    public var maximumPacketSize: Int? { broker.withCore { $0.maximumPacketSize } }

    public func subscribe(_ subscriptions: [Subscription]) async throws(TransportError) {
        var parsed: [(filter: TopicFilter, qos: QoS)] = []
        for subscription in subscriptions { parsed.append((try TopicFilter(subscription.filter), subscription.qos)) }
        let wanted = parsed
        try perform("subscribe") { $0.subscribe(key, to: wanted) }
    }

    public func unsubscribe(_ filters: [String]) async throws(TransportError) {
        try perform("unsubscribe") { $0.unsubscribe(key, from: filters) }
    }

    public func publish(_ message: Message) async throws(TransportError) {
        try message.validate()
        try message.checkSize(limit: maximumPacketSize)
        if Task.isCancelled { throw TransportError(.cancelled, "publish to \(message.topic): cancelled") }
        let isTaken = try perform("publish to \(message.topic)") { $0.publish(message, from: key) }
        if !isTaken {
            throw TransportError(.notConnected, "publish to \(message.topic): not connected to the broker")
        }
    }

    public func publishAtOnce(_ message: Message) -> Bool {
        // What cannot be sent at all is left to `publish`, which throws the reason.
        guard (try? message.validate()) != nil, (try? message.checkSize(limit: maximumPacketSize)) != nil else {
            return false
        }
        return broker.withCore { $0.contains(key) && $0.publish(message, from: key) }
    }

    /// Ends the client in good order: its farewell is published, its will is not.
    public func close() { broker.withCore { $0.close(key) } }

    /// Ends the client as if its process had died: its will is published, its farewell is not.
    public func crash() { broker.withCore { $0.crash(key) } }

    private func perform<R: Sendable>(
        _ operation: String, _ body: (inout BrokerCore) -> R
    ) throws(TransportError) -> R {
        let result = broker.withCore { core in core.contains(key) ? body(&core) : nil }
        guard let result else { throw TransportError(.closed, "\(operation): the transport is closed") }
        return result
    }
}
