/// Names bytes by their content: the SHA-256 of a blob, such as a model's archive.
///
/// Spelt `sha256-` and 64 hexadecimal digits: a file's name on any system. (OCI's spelling, with '-' for ':'.)
public struct BlobDigest: Hashable, Sendable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Nil unless `text` is exactly what `description` gives: one digest has one spelling.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + 64 else { return nil }
        let digits = Array(text.utf8.dropFirst(Self.prefix.utf8.count))
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(digits[place]), let low = Self.value(digits[place + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    private static let prefix = "sha256-"

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    public var description: String {
        bytes.reduce(into: Self.prefix) { text, byte in
            if byte < 16 { text.append("0") }
            text += String(byte, radix: 16)
        }
    }

    /// Enough of it to tell a fleet's blobs apart, for people.
    public var short: String { String(description.dropFirst(Self.prefix.count).prefix(12)) }
}
