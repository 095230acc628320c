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
    /// - Throws: `TransportError` with code `.notAuthorized` if the broker refuses one; `.closed`.
    func subscribe(_ subscriptions: [Subscription]) async throws(TransportError)

    /// Takes subscriptions back, by filter.
    func unsubscribe(_ filters: [String]) async throws(TransportError)

    /// Hands a message over for sending, and waits while more than the transport's window is unsent.
    ///
    /// At QoS 0 a message handed over is sent if the connection lasts. At QoS 1 it is kept across connections until
    /// the broker has acknowledged it; this call does not wait for that.
    ///
    /// - Throws: `TransportError`: `.notConnected` (QoS 0 only), `.tooLarge` (above the broker's packet limit),
    ///   `.invalidTopic`, `.closed`, `.cancelled`.
    func publish(_ message: Message) async throws(TransportError)

    /// The largest packet that the broker takes, in bytes, as far as it said. Nil: no limit, or not yet connected.
    var maximumPacketSize: Int? { get }
}

/// What happens on a transport.
public enum TransportEvent: Sendable, Equatable {
    /// The broker accepted a connection and all subscriptions are made. Announce yourself.
    case connected
    /// The connection is lost; the transport goes on trying. Said once per loss.
    case disconnected(reason: String)
    case message(Message)
}

/// Why a transport could not do what it was asked.
public struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// Nothing listens at the address, or it cannot be reached.
        case unreachable
        /// The host name does not resolve.
        case unknownHost = "unknown-host"
        /// User name, password or client certificate refused.
        case notAuthorized = "not-authorized"
        /// The server's certificate is not trusted, or the TLS handshake failed.
        case tls
        /// The broker does not speak MQTT 5, or broke the protocol.
        case protocolViolation = "protocol"
        case notConnected = "not-connected"
        case tooLarge = "too-large"
        case invalidTopic = "invalid-topic"
        case invalidAddress = "invalid-address"
        case timeout
        case cancelled
        case closed
    }

    public let code: Code
    /// A sentence for a person: the operation, its operand, and what to do next.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// Whether the same call may succeed later without anything being changed by hand.
    public var isRetryable: Bool {
        switch code {
        case .unreachable, .unknownHost, .notConnected, .timeout: true
        default: false
        }
    }
}
