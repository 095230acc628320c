import Dispatcher
import Glibc

/// A folder whose entries are made durable one by one.
struct Folder: Sendable {
    let path: String

    /// Makes it and its parents where they are absent, readable by this user only.
    func create() throws(JournalError) {
        if mkdir(path, 0o700) == 0 {
            try Folder(path: parent).sync()
            return
        }
        switch errno {
        case EEXIST:
            guard isFolder else {
                throw JournalError(.io, "\(path) is not a folder; move it away, or choose another folder")
            }
        case ENOENT where parent != path:
            try Folder(path: parent).create()
            try create()
        case let code: throw JournalError(errno: code, "created", path)
        }
    }

    /// What was created, renamed or removed in it survives a loss of power from here on.
    func sync() throws(JournalError) {
        let descriptor = try JournalError.check("opened", path) { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        defer { close(descriptor) }
        try JournalError.check("synced", path) { fsync(descriptor) }
    }

    /// The names in it, sorted, without `.` and `..`.
    func names() throws(JournalError) -> [String] {
        guard let stream = opendir(path) else { throw JournalError(errno: errno, "listed", path) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            // As long as `d_reclen` says, not as its declaration in C.
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                UnsafeRawPointer(name).withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw JournalError(errno: errno, "listed", path) }
        return names.sorted()
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    private var isFolder: Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private var parent: String {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }
}
