import Testing

@testable import Journal

@Suite("The write-ahead log, looked into") struct WriteAheadLogTests {
    /// A header whose checksum is right, and zeros behind it.
    private func log(pageBytes: UInt32, length: Int) -> [UInt8] {
        let words: [UInt32] = [0x377f_0682, 3_007_000, pageBytes, 0, 1, 2]
        var (first, second): (UInt32, UInt32) = (0, 0)
        for pair in stride(from: 0, to: words.count, by: 2) {
            // This magic number says: summed as little-endian words, though stored as big-endian ones.
            first &+= words[pair].byteSwapped &+ second
            second &+= words[pair + 1].byteSwapped &+ first
        }
        let header = (words + [first, second]).flatMap { word in withUnsafeBytes(of: word.bigEndian) { Array($0) } }
        return header + [UInt8](repeating: 0, count: length)
    }

    @Test(
        "A page size that SQLite does not have is refused, and nothing is read past the end",
        arguments: [513, 1001, 4100, 65_535])
    func oddPages(pageBytes: UInt32) {
        #expect(WriteAheadLog(log(pageBytes: pageBytes, length: 24 + Int(pageBytes))).condition == .unreadable)
    }

    @Test("A log without a whole frame is sound, whatever its page size", arguments: [512, 1024, 4096, 65_536])
    func pages(pageBytes: UInt32) {
        #expect(WriteAheadLog(log(pageBytes: pageBytes, length: 100)).condition == .sound)
    }
}
