/// A connection to a broker, seen from one client: what `Mosquitto` and `InMemoryTransport` implement alike.
///
/// A transport is opened by its implementation's `with…` function and closed at the end of it. While open it
/// reconnects by itself, for ever, and subscribes anew at each connection. What an owner announces about itself
/// (retained births) it must publish again on every `.connected`: a broker may have published its will meanwhile.
public protocol Transport: Sendable {
    /// What this client receives, in the order of arrival. One consumer. Ends when the transport is closed.
    var events: Mailbox { get }

    /// Adds subscriptions, remembered across connections. Returns once the broker granted them, or at once while
    /// disconnected: they are then made at the next connection, before its `.connected` event.
    ///
    /// A subscription that the broker refuses at a later connection fails that connection, with its reason.
    ///
    /// - Throws: `TransportError`: `.notAuthorized` if the broker refuses one, `.invalidTopic`, `.timeout`, `.cancelled`,
    ///   `.closed`. What was refused or not answered is not remembered.
    func subscribe(_ subscriptions: [Subscription]) async throws(TransportError)

    /// Takes subscriptions back, by filter. Returns once the broker confirmed it, or at once while disconnected.
    ///
    /// - Throws: `TransportError`: `.timeout`, `.cancelled`, `.closed`.
    func unsubscribe(_ filters: [String]) async throws(TransportError)

    /// Hands a message over for sending, and waits while more than the transport's window is unsent.
    ///
    /// At QoS 0 a message handed over is sent if the connection lasts. At QoS 1 it is kept across connections until
    /// the broker has acknowledged it; this call does not wait for that.
    ///
    /// - Throws: `TransportError`: `.notConnected` (QoS 0 only), `.tooLarge` (above the broker's packet limit),
    ///   `.invalidTopic`, `.protocolViolation` (a content type that MQTT cannot carry), `.closed`, `.cancelled`.
    func publish(_ message: Message) async throws(TransportError)

    /// Hands a message over if that can be done without waiting; else does nothing, and `publish` waits or says why.
    ///
    /// Not for those whose order with messages of `publish` matters while one of these is under way.
    ///
    /// - Returns: whether it was handed over.
    func publishAtOnce(_ message: Message) -> Bool

    /// The largest packet that the broker takes, in bytes, as far as it said. Nil: no limit, or not yet connected.
    var maximumPacketSize: Int? { get }
}
