/// The name of a worker, dispatcher, client or fleet: 1 to 64 of `A–Z a–z 0–9 _ -`, since it is a level of topics and,
/// under mutual TLS, a certificate's common name.
public struct PeerID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let text: String

    /// Nil unless `text` is 1 to 64 of the allowed characters.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    public var description: String { text }

    public static func < (a: PeerID, b: PeerID) -> Bool { a.text < b.text }

    /// What an error about a name that was refused tells its user.
    public static let rule = "1 to 64 letters, digits, '_' or '-'"

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// A job's name, chosen by its client: 1 to 128 printable ASCII characters. The same ID means the same job.
public struct JobID: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// Nil unless `text` is 1 to 128 characters from `!` to `~`.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...128).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        self.text = String(text)
    }

    public var description: String { text }

    public static let rule = "1 to 128 printable ASCII characters without spaces"
}

/// One life of a process: a number that grows from life to life (its start in microseconds since 1970).
public struct Incarnation: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let number: UInt64

    public init(_ number: UInt64) { self.number = number }

    public var description: String { String(number) }

    public static func < (a: Incarnation, b: Incarnation) -> Bool { a.number < b.number }
}

/// Names one lease of one dispatcher's life: the dispatcher's epoch (its incarnation) and a running number.
///
/// A result counts only under a lease that is still held, so a token is never used twice.
public struct LeaseToken: Hashable, Sendable, CustomStringConvertible {
    public let epoch: UInt64
    public let number: UInt64

    public init(epoch: UInt64, number: UInt64) {
        self.epoch = epoch
        self.number = number
    }

    /// `EPOCH-NUMBER` in hexadecimal, as it is written on the wire.
    public var description: String { "\(String(epoch, radix: 16))-\(String(number, radix: 16))" }

    /// Nil unless `text` is exactly what `description` gives: one lease has one spelling.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0], radix: 16), let number = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(epoch: epoch, number: number)
        guard description == text else { return nil }
    }
}

extension PeerID {
    /// A name that nobody else has: 13 random letters and digits.
    public static func random() -> PeerID {
        var random = SystemRandomNumberGenerator()
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return PeerID(unchecked: String((0..<13).map { _ in letters[Int(random.next(upperBound: UInt(36)))] }))
    }

    private init(unchecked text: String) { self.text = text }
}
