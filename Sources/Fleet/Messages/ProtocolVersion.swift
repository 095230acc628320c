/// The version of the wire that a message was written in: `MAJOR.MINOR` under the key `protocol`.
///
/// A reader takes any minor version of its own major one: minor versions only add what may be ignored.
public enum ProtocolVersion {
    /// What this code writes.
    public static let current = "1.0"

    /// - Throws: `.version` for another major version or something that is no version.
    static func check(_ text: String?) throws(MessageError) {
        guard let text else { throw MessageError(.version, "the message has no 'protocol' version") }
        guard text == "1" || text.hasPrefix("1.") else {
            throw MessageError(.version, "protocol version '\(text.prefix(16))' is not spoken here, only 1.x")
        }
    }
}

/// Why bytes are not the message that their topic calls for.
public struct MessageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Codes are part of the wire: they are added to, never changed.
    public enum Code: String, Sendable, CaseIterable {
        /// Not JSON or safetensors, or a field is missing or of the wrong kind.
        case malformed
        /// Another major version of the protocol.
        case version = "unknown-protocol-version"
        /// Well-formed, but not possible: shapes that do not fit, a number out of range.
        case invalid
        case unsupported
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
