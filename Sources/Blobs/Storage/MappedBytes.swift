public import Codecs
import Glibc

/// A file's bytes in memory, read from the disk as they are looked at, and given back by the system under pressure; or
/// bytes that no file stands behind.
///
/// The file must not change while it is mapped; a file that is cut short then ends the process. Blobs never change: they
/// get their name once they are whole.
public final class MappedBytes: MemoryOwner, @unchecked Sendable {
    // Sendable: the memory is read-only, and unmapped when nobody has this any more.
    public let bytes: UnsafeRawBufferPointer

    /// - Throws: `BlobError` with code `.system`.
    public convenience init(path: String) throws(BlobError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw BlobError(.system, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        try self.init(descriptor: descriptor, name: path)
    }

    init(descriptor: CInt, name: String) throws(BlobError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw BlobError(.system, "\(name): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw BlobError(.system, "\(name): not a file") }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
            throw BlobError(.system, "\(name): cannot be mapped: \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    /// Takes over memory that was made by `mmap`.
    init(adopting memory: UnsafeMutableRawBufferPointer) { bytes = UnsafeRawBufferPointer(memory) }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
