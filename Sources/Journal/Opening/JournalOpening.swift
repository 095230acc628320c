import Dispatcher
import GRDB
import Logging

/// Opens a journal: looks first, and changes nothing in one that is damaged or newer.
struct JournalOpening {
    let folder: JournalFolder
    let logger: Logger

    /// What an open journal works with.
    struct Opened: Sendable {
        let lock: FolderLock
        let database: DatabaseQueue
        let contents: JournalContents
        let nextSerial: Int64
    }

    /// Blocks.
    func open(at now: WallTime) throws(JournalError) -> Opened {
        try folder.folder.create()
        let lock = try FolderLock(folder)
        try folder.create()
        try checkFiles()
        try checkDatabase()
        let database = try folder.translating { try connect() }
        try folder.translating { try JournalSchema.migrator.migrate(database) }
        let (rows, waiters) = try folder.translating {
            try database.read { db in (try JobRow.all(db), try WaiterRow.all(db)) }
        }
        let jobs = try jobs(rows, waiters)
        try compareSpool(folder.requests, rows.filter { !$0.hasEnded })
        try compareSpool(folder.answers, rows.filter(\.hasEnded))
        let epoch = try folder.translating { try database.write { try Epoch.begin(at: now, $0) } }
        folder.holdReserve(logger)
        return Opened(
            lock: lock, database: database, contents: JournalContents(jobs: jobs, epoch: epoch),
            nextSerial: (rows.last?.serial ?? 0) + 1)
    }

    private func connect() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.label = "attn.journal.database"
        configuration.prepareDatabase { db in
            // A commit returns when it is on the disk; SQLite's default under WAL is when the system has it.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // The log begins anew after about 1000 pages; what a large transaction made it grow to is given back.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 1000")
            try db.execute(sql: "PRAGMA journal_size_limit = 4194304")
            try db.execute(sql: "PRAGMA cell_size_check = ON")
        }
        return try DatabaseQueue(path: folder.database, configuration: configuration)
    }

    /// What SQLite would pass over in silence.
    private func checkFiles() throws(JournalError) {
        let log = try contents(folder.writeAheadLog)
        // Shorter than the smallest page, SQLite takes it for a new database.
        if try contents(folder.database, limit: 512).count < 512 {
            guard log.isEmpty else {
                throw folder.damaged("journal.sqlite is empty or gone, and journal.sqlite-wal is not")
            }
            let files = try folder.requests.folder.names().count + folder.answers.folder.names().count
            guard files == 0 else {
                throw folder.damaged("journal.sqlite is empty or gone, and \(files) files of jobs are there")
            }
        }
        if log.isEmpty { try checkLength() }
        switch WriteAheadLog(log).condition {
        case .sound: break
        case .unreadable: throw folder.damaged("journal.sqlite-wal is not a write-ahead log")
        case .drops(commits: 1):
            logger.warning(
                "the journal's last transaction is incomplete and is dropped: a crash came before it was promised",
                metadata: ["file": "\(folder.writeAheadLog)"])
        case .drops(let commits):
            throw folder.damaged("journal.sqlite-wal has a damaged page, and \(commits) transactions in or behind it")
        }
    }

    /// SQLite takes a part of a page for a page. Where no write-ahead log holds the rest, that part was cut off.
    private func checkLength() throws(JournalError) {
        guard let file = try FileDescriptor.existing(folder.database) else { return }
        let header = try file.read(limit: 18)
        guard header.count == 18 else { return }
        let declared = Int(header[16]) << 8 | Int(header[17])
        let pageBytes = declared == 1 ? 65536 : declared
        let length = try file.length()
        guard pageBytes > 0, length % pageBytes == 0 else {
            throw folder.damaged("journal.sqlite is no whole number of pages long")
        }
    }

    /// A file's bytes; none if it is absent.
    private func contents(_ path: String, limit: Int = .max) throws(JournalError) -> [UInt8] {
        guard let file = try FileDescriptor.existing(path) else { return [] }
        return try file.read(limit: min(file.length(), limit))
    }

    /// Through a connection that cannot write: not even the write-ahead log is then carried over.
    private func checkDatabase() throws(JournalError) {
        let (isEmpty, application, isNewer, findings) = try folder.translating {
            var configuration = Configuration()
            configuration.readonly = true
            return try DatabaseQueue(path: folder.database, configuration: configuration).read { db in
                (
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") == 0,
                    try Int32.fetchOne(db, sql: "PRAGMA application_id"),
                    try JournalSchema.migrator.hasBeenSuperseded(db),
                    try String.fetchAll(db, sql: "PRAGMA integrity_check(3)")
                )
            }
        }
        guard findings == ["ok"] else { throw folder.damaged("journal.sqlite: \(findings.joined(separator: "; "))") }
        guard !isEmpty else { return }
        guard application == JournalSchema.applicationID else {
            throw folder.damaged("journal.sqlite is a database of something else")
        }
        guard !isNewer else {
            throw JournalError(
                .newer,
                """
                the journal in \(folder.path) was written by a newer version of attn-dispatcher; nothing was changed. \
                Start that version, or give this one a folder of its own
                """)
        }
    }

    private func jobs(_ rows: [JobRow], _ waiters: [WaiterRow]) throws(JournalError) -> [JournaledJob] {
        let waiters = Dictionary(grouping: waiters, by: \.job)
        var jobs: [JournaledJob] = []
        for row in rows {
            guard let job = row.job(waiters: (waiters[row.serial] ?? []).map(\.waiter)) else {
                throw folder.damaged("row \(row.serial) of journal.sqlite is no job")
            }
            jobs.append(job)
        }
        return jobs
    }

    /// Removes what a crash left between a file and its row. A row without its file is told when the file is asked for.
    private func compareSpool(_ spool: Spool, _ rows: [JobRow]) throws(JournalError) {
        let inventory = try spool.inventory(expected: Set(rows.map(\.serial)))
        for name in inventory.orphans { try spool.remove(name) }
        if !inventory.orphans.isEmpty {
            logger.notice(
                "removed files that a crash had left before their jobs were accepted, or after they were done with",
                metadata: ["folder": "\(spool.folder.path)", "files": "\(inventory.orphans.joined(separator: " "))"])
        }
        if !inventory.strangers.isEmpty {
            logger.warning(
                "files that are not of this journal are left alone",
                metadata: ["folder": "\(spool.folder.path)", "files": "\(inventory.strangers.joined(separator: " "))"])
        }
        if !inventory.missing.isEmpty {
            let ids = rows.filter { inventory.missing.contains($0.serial) }.map(\.id)
            logger.error(
                "files of jobs are gone; these jobs cannot go on",
                metadata: ["folder": "\(spool.folder.path)", "jobs": "\(ids.joined(separator: " "))"])
        }
    }
}
