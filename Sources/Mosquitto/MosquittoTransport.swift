public import Fleet

/// A client of an MQTT 5 broker, on libmosquitto. Opened and closed by `withMosquitto`.
public final class MosquittoTransport: Transport {
    private let session: Session
    public let events: Mailbox

    init(_ session: Session) {
        self.session = session
        events = session.events
    }

    public func subscribe(_ subscriptions: [Subscription]) async throws(TransportError) {
        try await session.subscribe(subscriptions)
    }

    public func unsubscribe(_ filters: [String]) async throws(TransportError) {
        try await session.unsubscribe(filters)
    }

    public func publish(_ message: Message) async throws(TransportError) {
        try await session.publish(message)
    }

    public func publishAtOnce(_ message: Message) -> Bool { session.publishAtOnce(message) }

    public var maximumPacketSize: Int? { session.step { $0.maximumPacketSize } }

    /// How many messages at QoS 1 the broker acknowledged with a refusal (its access rules, its quota), or can no
    /// longer take since it changed its limits. At QoS 0 brokers refuse without a word.
    public var refusedPublishes: UInt64 { session.step { $0.refusedPublishes } }

    /// What is handed over and not yet written (QoS 0) or acknowledged (QoS 1), and how many callers wait for room.
    public var backlog: Backlog {
        session.step { Backlog(bytes: $0.window.bytes, messages: $0.window.messages, waiting: $0.window.waiting.count) }
    }

    public struct Backlog: Sendable, Equatable {
        public let bytes: Int
        public let messages: Int
        public let waiting: Int
    }

    /// Breaks the connection as a failing network would, for tests. Does nothing while there is none.
    package func sever() { session.step { $0.linked?.sever() } }
}
