/// The version of the wire that a message was written in: `MAJOR.MINOR` under the key `protocol`; `MAJOR` alone is its
/// minor version 0.
///
/// A reader takes any minor version of its own major one: minor versions only add what may be ignored.
public enum ProtocolVersion {
    /// What this code writes.
    public static let current = "1.0"

    /// - Throws: `.version` for another major version or something that is no version.
    static func check(_ text: String?) throws(MessageError) {
        guard let text else { throw MessageError(.version, "the message has no 'protocol' version") }
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isVersion = parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { 0x30...0x39 ~= $0 } }
        guard isVersion, parts.count <= 2, parts[0].elementsEqual("1".utf8) else {
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
        /// It refers to what is not kept here.
        case missing
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
