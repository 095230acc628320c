/// Scratch memory of the kernels, one per computing thread, grown before a kernel is entered and reused after.
///
/// Its size is bounded by the head sizes and rows of a head group, not by its keys: at most 1,584 bytes for each
/// element of both head sizes, 12 bytes a row, and 44 KB.
public struct Workspace: ~Copyable, @unchecked Sendable {
    // Sendable: the memory is owned by this value alone, and its address leaves it only for the length of a call.
    private var storage: UnsafeMutableRawBufferPointer

    public init() {
        storage = .allocate(byteCount: 0, alignment: Self.alignment)
    }

    deinit {
        storage.deallocate()
    }

    /// Bytes held.
    public var byteCount: Int { storage.count }

    /// At least `count` (not 0) floats on a cache line, of any content.
    mutating func reserve(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
        let byteCount = count * MemoryLayout<Float>.stride
        if storage.count < byteCount {
            storage.deallocate()
            storage = .allocate(byteCount: byteCount, alignment: Self.alignment)
        }
        return storage.bindMemory(to: Float.self)
    }

    private static var alignment: Int { 64 }
}
