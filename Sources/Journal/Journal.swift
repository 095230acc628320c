import Dispatch
public import Dispatcher
public import Fleet
import GRDB
import Logging
import Synchronization

/// The journal in a folder: one SQLite database of rows, and a file for each request and answer.
///
/// Calls that come while a transaction is being committed share the next one. The caller bounds how many bytes wait.
/// Made by `withJournal`.
public final class Journal: JobJournal {
    private let folder: JournalFolder
    private let database: DatabaseQueue
    private let changes: GroupCommit<JournalChange>
    private let readers: BlockingQueue
    /// Changed and read on the readers' thread: a closed connection must not be asked.
    private let isClosed = Atomic(false)
    private let lock: FolderLock
    private let logger: Logger

    init(_ opened: JournalOpening.Opened, _ folder: JournalFolder, logger: Logger) {
        self.folder = folder
        self.logger = logger
        lock = opened.lock
        database = opened.database
        let writer = JournalWriter(database, folder, nextSerial: opened.nextSerial, logger: logger)
        changes = GroupCommit(on: DispatchQueue(label: "attn.journal.writer"), perform: writer.perform)
        readers = BlockingQueue(label: "attn.journal.reader")
    }

    public func store(_ job: JournaledJob, request: [UInt8]) async throws(JournalError) {
        try await changes.commit(.store(job, request: request))
    }

    public func setWaiters(_ waiters: [JournaledWaiter], of id: JobID) async throws(JournalError) {
        try await changes.commit(.setWaiters(waiters, id))
    }

    public func end(_ id: JobID, answer: [UInt8], keepUntil: WallTime) async throws(JournalError) {
        try await changes.commit(.end(id, answer: answer, keepUntil: keepUntil))
    }

    public func forget(_ id: JobID) async throws(JournalError) {
        try await changes.commit(.forget(id))
    }

    public func request(of id: JobID) async throws(JournalError) -> [UInt8] {
        try await readers.run { [self] () throws(JournalError) in
            let row = try row(id)
            guard !row.hasEnded else {
                throw JournalError(.missing, "job \(id) has ended, and its request was dropped; ask for its answer")
            }
            return try folder.requests.read(serial: row.serial, row.request)
        }
    }

    public func answer(of id: JobID) async throws(JournalError) -> [UInt8] {
        try await readers.run { [self] () throws(JournalError) in
            let row = try row(id)
            guard let answer = row.answer else {
                throw JournalError(.missing, "job \(id) has no answer yet; ask again when it has ended")
            }
            return try folder.answers.read(serial: row.serial, answer)
        }
    }

    /// Blocks.
    private func row(_ id: JobID) throws(JournalError) -> JobRow {
        guard !isClosed.load(ordering: .relaxed) else { throw .withdrawn }
        let row = try folder.translating { try database.read { try JobRow.find(id, $0) } }
        guard let row else { throw JournalError.noJob(id) }
        return row
    }

    /// Makes durable what waits, closes the database and gives the folder back. What was promised is kept even where
    /// that fails.
    func close() async {
        await changes.close()
        do throws(JournalError) {
            try await readers.runUncancelled { [self] () throws(JournalError) in
                isClosed.store(true, ordering: .relaxed)
                try folder.translating { try database.close() }
            }
        } catch {
            logger.warning("the journal was not closed in good order", metadata: ["reason": "\(error)"])
        }
        lock.release()
    }
}
