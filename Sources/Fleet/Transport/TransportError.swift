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
