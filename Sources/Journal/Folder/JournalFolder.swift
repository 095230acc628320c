import Dispatcher
import Glibc
import Logging

/// What lies where in a journal's folder.
struct JournalFolder: Sendable {
    let folder: Folder

    init(_ path: String) { folder = Folder(path: path) }

    var path: String { folder.path }
    var lock: String { folder.file("journal.lock") }
    var database: String { folder.file("journal.sqlite") }
    var writeAheadLog: String { folder.file("journal.sqlite-wal") }
    var reserve: SpaceReserve { SpaceReserve(path: folder.file("journal.reserve")) }
    var requests: Spool { Spool(folder: Folder(path: folder.file("requests"))) }
    var answers: Spool { Spool(folder: Folder(path: folder.file("answers"))) }

    /// Makes what is absent, readable by this user only.
    func create() throws(JournalError) {
        try requests.folder.create()
        try answers.folder.create()
        // SQLite gives its other files the mode of this one. An empty file is an empty database.
        _ = try FileDescriptor(database, O_RDWR | O_CREAT)
        try folder.sync()
    }

    /// Without the reserve the journal works as long as the disk is not full.
    func holdReserve(_ logger: Logger) {
        do throws(JournalError) {
            try reserve.hold()
        } catch {
            logger.warning("no room is kept for forgetting jobs on a full disk", metadata: ["reason": "\(error)"])
        }
    }

    /// The journal cannot be trusted any more: what is wrong, and what a person can do.
    func damaged(_ reason: String) -> JournalError {
        JournalError(
            .damaged,
            """
            the journal in \(path) is damaged: \(reason); nothing was changed. Restore the folder from a backup, or \
            set it aside (mv \(path) \(path).damaged) and start anew, which forgets its jobs
            """)
    }
}
