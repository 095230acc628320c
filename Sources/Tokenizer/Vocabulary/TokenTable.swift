/// Tokens by their UTF-8, and the longest of them that a text goes on with, found without a copy of any part of the text.
///
/// A hash table with open addressing. The hash of a text and one more byte is `hash · factor + byte`, modulo 2⁶⁴, which
/// can be undone, an odd factor having an inverse: so the longest candidate is hashed once, and each shorter one costs a
/// multiplication and a look, where there are tokens of its length.
struct TokenTable: Sendable {
    private struct Entry {
        let hash: UInt64
        let start: Int
        let count: Int
        var id: Int32
    }

    private var entries: [Entry] = []
    /// The tokens' bytes, one after the other.
    private var bytes: [UInt8] = []
    /// The number of an entry, or −1; a power of two in number, at least a third of them free.
    private var slots: [Int32]
    /// By length, whether a token has it. The last one is true.
    private var hasLength: [Bool] = []

    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15
    /// factor · inverse = 1 modulo 2⁶⁴.
    private static let inverse: UInt64 = 0xF1DE_83E1_9937_733D

    /// Of a token that is there twice the last ID counts; an empty one is never found.
    init(_ tokens: [(token: Substring.UTF8View, id: Int32)]) {
        var count = 4
        while count * 2 < tokens.count * 3 { count *= 2 }
        slots = Array(repeating: -1, count: count)
        entries.reserveCapacity(tokens.count)
        for (token, id) in tokens where !token.isEmpty { insert(token, id: id) }
    }

    /// How many different tokens there are.
    var count: Int { entries.count }

    private mutating func insert(_ token: Substring.UTF8View, id: Int32) {
        let start = bytes.count
        bytes.append(contentsOf: token)
        let hash = bytes[start...].reduce(0) { $0 &* Self.factor &+ UInt64($1) }
        let slot = self.slot(of: bytes, start..<bytes.count, hash: hash)
        guard slots[slot] < 0 else {
            entries[Int(slots[slot])].id = id
            return bytes.removeSubrange(start...)
        }
        let length = bytes.count - start
        slots[slot] = Int32(entries.count)
        entries.append(Entry(hash: hash, start: start, count: length, id: id))
        if hasLength.count <= length {
            hasLength += repeatElement(false, count: length + 1 - hasLength.count)
        }
        hasLength[length] = true
    }

    /// The longest token that is at the start of `range` of `text`, and where it ends.
    func longestToken(in text: [UInt8], _ range: Range<Int>) -> (id: Int32, end: Int)? {
        var end = range.lowerBound + min(range.count, hasLength.count - 1)
        guard end > range.lowerBound else { return nil }
        var hash: UInt64 = 0
        for index in range.lowerBound..<end { hash = hash &* Self.factor &+ UInt64(text[index]) }
        while end > range.lowerBound {
            if hasLength[end - range.lowerBound] {
                let number = slots[slot(of: text, range.lowerBound..<end, hash: hash)]
                if number >= 0 { return (entries[Int(number)].id, end) }
            }
            end -= 1
            hash = (hash &- UInt64(text[end])) &* Self.inverse
        }
        return nil
    }

    /// The ID of the token that `text` is.
    func id(of text: String) -> Int32? {
        let bytes = Array(text.utf8)
        guard let (id, end) = longestToken(in: bytes, bytes.indices), end == bytes.count else { return nil }
        return id
    }

    /// The slot that holds the token, or is free for it.
    private func slot(of text: [UInt8], _ range: Range<Int>, hash: UInt64) -> Int {
        // The best mixed bits of a product are the upper ones.
        var slot = Int(truncatingIfNeeded: (hash &* Self.factor) >> 32) & (slots.count - 1)
        while slots[slot] >= 0, !isEntry(Int(slots[slot]), text, range, hash: hash) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    private func isEntry(_ number: Int, _ text: [UInt8], _ range: Range<Int>, hash: UInt64) -> Bool {
        let entry = entries[number]
        return entry.hash == hash && entry.count == range.count
            && bytes[entry.start..<entry.start + entry.count].elementsEqual(text[range])
    }
}
