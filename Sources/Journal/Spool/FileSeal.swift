/// What a file must hold for its row to be true.
struct FileSeal: Sendable, Equatable {
    let bytes: Int
    /// `XXHash64`.
    let checksum: UInt64

    init(bytes: Int, checksum: UInt64) {
        self.bytes = bytes
        self.checksum = checksum
    }

    init(of contents: [UInt8]) {
        self.init(bytes: contents.count, checksum: XXHash64.hash(contents))
    }
}
