public import Fleet
import Glibc

/// Blobs by their digest: a folder with a budget, the least recently used going first; or none, and blobs are in memory
/// as long as they are in use.
///
/// Several processes may share a folder. What is in it is checked before it is used, so that a damaged file is as good as
/// none.
public struct BlobCache: Sendable {
    public let folder: String?
    /// Most bytes of blobs in the folder; of one blob, if there is no folder.
    public let budget: Int

    /// No folder: blobs of up to a gigabyte, in memory.
    public static let none = BlobCache()

    private init() { (folder, budget) = (nil, 1 << 30) }

    /// - Throws: `BlobError.system` if the folder cannot be made or written.
    public init(folder: String?, budget: Int) throws(BlobError) {
        (self.folder, self.budget) = (folder, budget)
        guard let folder else { return }
        if mkdir(folder, 0o700) != 0, errno != EEXIST {
            throw BlobError(.system, "\(folder): \(String(cString: strerror(errno)))")
        }
        guard access(folder, R_OK | W_OK | X_OK) == 0 else {
            throw BlobError(.system, "\(folder): \(String(cString: strerror(errno)))")
        }
    }

    /// The blob of that digest, if it is in the folder and whole.
    public func find(_ digest: BlobDigest) -> MappedBytes? {
        // What cannot be read is fetched anew.
        guard let path = path(of: digest), let file = try? MappedBytes(path: path) else { return nil }
        guard BlobDigest(of: file.bytes) == digest else {
            unlink(path)
            return nil
        }
        // Its time of change is when it was last used.
        utimensat(AT_FDCWD, path, nil, 0)
        return file
    }

    /// Makes room for a blob, and begins it.
    /// - Throws: `BlobError`: `.full` if it is larger than the budget or the disk is full, else `.system`.
    public func begin(_ digest: BlobDigest, size: Int) throws(BlobError) -> BlobDraft {
        guard size <= budget else {
            throw BlobError(.full, "the blob has \(size) bytes, and the budget is \(budget)")
        }
        guard let path = path(of: digest) else { return try BlobDraft(size: size, path: nil) }
        makeRoom(for: size)
        return try BlobDraft(size: size, path: "\(path).\(getpid()).part")
    }

    /// Checks a blob that is all there, and keeps it.
    /// - Throws: `BlobError`: `.otherContent`, `.system`.
    public func finish(_ draft: BlobDraft, _ digest: BlobDigest) throws(BlobError) -> MappedBytes {
        try draft.finish(as: digest, name: path(of: digest))
    }

    /// Digests and bytes of what is in the folder, the least recently used first.
    public func contents() -> [(digest: BlobDigest, bytes: Int)] { entries().map { ($0.digest, $0.bytes) } }

    private func path(of digest: BlobDigest) -> String? { folder.map { "\($0)/\(digest)" } }

    private func makeRoom(for size: Int) {
        let entries = entries()
        var used = entries.reduce(0) { $0 + $1.bytes }
        for entry in entries where used > budget - size {
            // Who has it mapped keeps it: only its name goes.
            if let path = path(of: entry.digest), unlink(path) == 0 { used -= entry.bytes }
        }
    }

    private struct Entry {
        let digest: BlobDigest
        let bytes: Int
        let used: timespec
    }

    private func entries() -> [Entry] {
        guard let folder, let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var entries: [Entry] = []
        while let item = readdir(directory) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard let digest = BlobDigest(name), stat("\(folder)/\(name)", &status) == 0 else { continue }
            entries.append(Entry(digest: digest, bytes: Int(status.st_size), used: status.st_mtim))
        }
        return entries.sorted { ($0.used.tv_sec, $0.used.tv_nsec) < ($1.used.tv_sec, $1.used.tv_nsec) }
    }
}
