/// A look into SQLite's write-ahead log, before SQLite does: where a frame is damaged, SQLite takes it for the end, and
/// drops everything after it without a word.
///
/// Source: https://www.sqlite.org/walformat.html
struct WriteAheadLog: Equatable {
    enum Condition: Equatable {
        case sound
        /// The header is not one that SQLite writes.
        case unreadable
        /// Behind a damaged frame lie this many commits, which SQLite would drop. One can be a transaction that a
        /// crash interrupted, and was never acknowledged; more cannot.
        case drops(commits: Int)
    }

    let condition: Condition

    init(_ bytes: [UInt8]) {
        condition = bytes.withUnsafeBytes { Self.examine($0) }
    }

    private static let headerBytes = 32
    private static let frameHeaderBytes = 24

    private static func examine(_ log: UnsafeRawBufferPointer) -> Condition {
        // Frames are written after the header is on the disk.
        guard log.count > headerBytes else { return .sound }
        let magic = bigEndian(log, 0)
        guard magic & ~1 == 0x377f_0682 else { return .unreadable }
        var checksum = Checksum(isBigEndian: magic & 1 == 1)
        checksum.add(log[..<24])
        let pageBytes = Int(bigEndian(log, 8))
        guard checksum.matches(log, at: 24), (512...65536).contains(pageBytes), pageBytes & (pageBytes - 1) == 0 else {
            return .unreadable
        }

        let frames = stride(
            from: headerBytes, through: log.count - frameHeaderBytes - pageBytes, by: frameHeaderBytes + pageBytes)
        var commits = 0
        var isIntact = true
        for frame in frames {
            // What an earlier use of the file left has other salts.
            let isOurs = salts(log, frame + 8) == salts(log, 16)
            if isIntact {
                checksum.add(log[frame..<frame + 8])
                checksum.add(log[frame + frameHeaderBytes..<frame + frameHeaderBytes + pageBytes])
                isIntact = isOurs && checksum.matches(log, at: frame + 16)
            }
            let isCommit = bigEndian(log, frame + 4) != 0
            if !isIntact, isOurs, isCommit { commits += 1 }
        }
        return commits == 0 ? .sound : .drops(commits: commits)
    }

    private static func salts(_ log: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        log.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    private static func bigEndian(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// The log's running checksum, over pairs of 32-bit words.
    private struct Checksum {
        let isBigEndian: Bool
        private var first: UInt32 = 0
        private var second: UInt32 = 0

        init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

        mutating func add(_ bytes: Slice<UnsafeRawBufferPointer>) {
            let bytes = UnsafeRawBufferPointer(rebasing: bytes)
            for offset in stride(from: 0, to: bytes.count, by: 8) {
                first &+= word(bytes, offset) &+ second
                second &+= word(bytes, offset + 4) &+ first
            }
        }

        func matches(_ log: UnsafeRawBufferPointer, at offset: Int) -> Bool {
            first == bigEndian(log, offset) && second == bigEndian(log, offset + 4)
        }

        private func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            return isBigEndian ? UInt32(bigEndian: word) : UInt32(littleEndian: word)
        }
    }
}
