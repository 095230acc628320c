/// FNV-1a of 64 bits: what the vectors tell long texts by.
struct Hash {
    private var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    /// Each as four bytes, the lowest first.
    mutating func combine(_ ids: [Int32]) {
        for id in ids { combine((0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }) }
    }

    /// Sixteen hexadecimal digits.
    var text: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func of(_ bytes: some Sequence<UInt8>) -> String {
        var hash = Hash()
        hash.combine(bytes)
        return hash.text
    }

    static func of(_ ids: [Int32]) -> String {
        var hash = Hash()
        hash.combine(ids)
        return hash.text
    }
}
