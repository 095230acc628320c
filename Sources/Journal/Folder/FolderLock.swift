import Dispatcher
import Glibc

/// The right to use a journal's folder, held by one process at a time and given back by the kernel however that one
/// ends.
final class FolderLock: Sendable {
    private let file: FileDescriptor

    /// - Throws: `JournalError` with code `.locked`, naming the process that has it.
    init(_ folder: JournalFolder) throws(JournalError) {
        file = try FileDescriptor(folder.lock, O_RDWR | O_CREAT)
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw JournalError(errno: errno, "locked", folder.lock) }
            throw Self.locked(folder, holder: String(decoding: try file.read(limit: 32), as: UTF8.self))
        }
        try JournalError.check("written", folder.lock) { ftruncate(file.number, 0) }
        try file.write(Array("\(getpid())\n".utf8))
    }

    /// Lets others have the folder. The end of the lock's life does the same.
    func release() { flock(file.number, LOCK_UN) }

    private static func locked(_ folder: JournalFolder, holder: String) -> JournalError {
        // Between taking the lock and writing its number, a process is nameless.
        let holder = Int(holder.prefix { $0.isNumber }).map { "process \($0)" } ?? "another process"
        return JournalError(
            .locked,
            """
            the journal in \(folder.path) is in use by \(holder); stop that dispatcher, or give this one \
            a folder of its own
            """)
    }
}
