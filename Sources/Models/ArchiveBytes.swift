import Codecs

/// An archive in memory.
final class ArchiveBytes: MemoryOwner, @unchecked Sendable {
    // Sendable: never changed.
    let bytes: UnsafeRawBufferPointer

    init(_ archive: [UInt8]) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: archive.count, alignment: 64)
        memory.copyBytes(from: archive)
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit { bytes.deallocate() }
}
