import Fleet
import Glibc

/// A blob that is being written: in a file of the cache's folder, or in memory that no file stands behind.
public final class BlobDraft {
    private enum Place {
        case file(CInt, path: String)
        case memory(UnsafeMutableRawBufferPointer)
        /// It has its name, or is somebody else's.
        case none
    }

    private var place: Place

    /// Makes room for a blob.
    /// - Parameters:
    ///   - size: in bytes, positive.
    ///   - path: where it is to lie until it is whole; nil: in memory.
    /// - Throws: `BlobError` with code `.full` if there is no room, else `.system`.
    init(size: Int, path: String?) throws(BlobError) {
        guard let path else {
            let protection = PROT_READ | PROT_WRITE
            guard let start = mmap(nil, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED
            else { throw Self.failure("memory", errno) }
            place = .memory(UnsafeMutableRawBufferPointer(start: start, count: size))
            return
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        place = .file(descriptor, path: path)
        // The disk's blocks now: a full disk is found out before anything is fetched, and not by a signal later.
        let refusal = posix_fallocate(descriptor, 0, size)
        guard refusal == 0 else {
            close(descriptor)
            unlink(path)
            place = .none
            throw Self.failure(path, refusal)
        }
    }

    deinit {
        switch place {
        case .file(let descriptor, let path):
            close(descriptor)
            unlink(path)
        case .memory(let memory): munmap(memory.baseAddress, memory.count)
        case .none: break
        }
    }

    /// - Parameter offset: with the bytes' count within the size.
    /// - Throws: `BlobError` with code `.system` or `.full`.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(BlobError) {
        switch place {
        case .file(let descriptor, let path):
            var done = 0
            while done < bytes.count {
                let count = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure(path, errno) }
                done += count
            }
        case .memory(let memory):
            UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + bytes.count]).copyMemory(from: bytes)
        case .none: break
        }
    }

    /// Checks the content, and gives the blob its name.
    /// - Throws: `BlobError`: `.otherContent`, `.system`.
    func finish(as digest: BlobDigest, name: String?) throws(BlobError) -> MappedBytes {
        let bytes: MappedBytes
        switch place {
        case .file(let descriptor, let path): bytes = try MappedBytes(descriptor: descriptor, name: path)
        case .memory(let memory):
            bytes = MappedBytes(adopting: memory)
            place = .none
        case .none: throw BlobError(.system, "the blob \(digest.short) was finished before")
        }
        let found = BlobDigest(of: bytes.bytes)
        guard found == digest else {
            throw BlobError(.otherContent, "its bytes are those of \(found.short), not \(digest.short)")
        }
        guard case .file(let descriptor, let path) = place, let name else { return bytes }
        guard rename(path, name) == 0 else { throw Self.failure(path, errno) }
        close(descriptor)
        place = .none
        return bytes
    }

    private static func failure(_ path: String, _ code: CInt) -> BlobError {
        BlobError(
            code == ENOSPC || code == EDQUOT || code == ENOMEM ? .full : .system,
            "\(path): \(String(cString: strerror(code)))")
    }
}
