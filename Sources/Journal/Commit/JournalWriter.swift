import Dispatcher
import Fleet
import GRDB
import Logging
import Synchronization

/// Makes changes durable: files first, then the rows that name them, then away with the files that no row names any
/// more.
///
/// Called by one thread at a time.
final class JournalWriter: Sendable {
    private let database: DatabaseQueue
    private let folder: JournalFolder
    private let logger: Logger
    private let nextSerial: Atomic<Int64>

    init(_ database: DatabaseQueue, _ folder: JournalFolder, nextSerial: Int64, logger: Logger) {
        self.database = database
        self.folder = folder
        self.nextSerial = Atomic(nextSerial)
        self.logger = logger
    }

    /// All with one commit. A change that is refused leaves the others alone; a commit that fails fails all.
    func perform(_ changes: [JournalChange]) -> [Result<Void, JournalError>] {
        do throws(JournalError) {
            return try commit(changes)
        } catch {
            guard error.code == .full, changes.contains(where: \.makesRoom) else {
                return changes.map { _ in .failure(error) }
            }
            return performWithoutRoom(changes, error)
        }
    }

    /// On a full disk only forgetting helps, so it goes alone, and gets the reserve to do it in.
    private func performWithoutRoom(_ changes: [JournalChange], _ full: JournalError) -> [Result<Void, JournalError>] {
        folder.reserve.release()
        defer { folder.holdReserve(logger) }
        let outcomes: [Result<Void, JournalError>]
        do throws(JournalError) {
            outcomes = try commit(changes.filter(\.makesRoom))
        } catch {
            return changes.map { _ in .failure(error) }
        }
        var remaining = outcomes.makeIterator()
        return changes.map { $0.makesRoom ? remaining.next() ?? .failure(full) : .failure(full) }
    }

    private func commit(_ changes: [JournalChange]) throws(JournalError) -> [Result<Void, JournalError>] {
        var files = FileChanges(folder)
        var outcomes: [Result<Void, JournalError>] = []
        do throws(JournalError) {
            try folder.translating {
                try database.write { db in
                    for change in changes { outcomes.append(try apply(change, db, &files)) }
                    try files.sync()
                }
            }
        } catch {
            // After a failed write to the disk nobody knows whether the rows are there: their files stay until the next
            // opening, which can tell.
            if error.code != .io { files.undo(logger) }
            throw error
        }
        files.finish(logger)
        return outcomes
    }

    /// - Returns: a failure if this change alone cannot be made.
    /// - Throws: what fails the whole transaction.
    private func apply(
        _ change: JournalChange, _ db: Database, _ files: inout FileChanges
    ) throws -> Result<Void, JournalError> {
        do {
            switch change {
            case .store(let job, let request): try store(job, request, db, &files)
            case .setWaiters(let waiters, let id): try setWaiters(waiters, id, db)
            case .end(let id, let answer, let keepUntil): try end(id, answer, keepUntil, db, &files)
            case .forget(let id): try forget(id, db, &files)
            }
            return .success(())
        } catch let error as JournalError {
            return .failure(error)
        }
    }

    // In each of these, whatever can fail for this change alone comes before the first row is written.

    private func store(_ job: JournaledJob, _ request: [UInt8], _ db: Database, _ files: inout FileChanges) throws {
        guard try JobRow.find(job.id, db) == nil else {
            throw JournalError(.exists, "job \(job.id) is in the journal already; give the new one another ID")
        }
        let serial = nextSerial.add(1, ordering: .relaxed).oldValue
        try files.write(request, to: .requests, serial)
        try JobRow(job, serial: serial, request: FileSeal(of: request)).insert(db)
        try WaiterRow.insert(job.waiters, serial, db)
    }

    private func setWaiters(_ waiters: [JournaledWaiter], _ id: JobID, _ db: Database) throws {
        guard let row = try JobRow.find(id, db) else { throw JournalError.noJob(id) }
        try WaiterRow.deleteAll(row.serial, db)
        try WaiterRow.insert(waiters, row.serial, db)
    }

    private func end(
        _ id: JobID, _ answer: [UInt8], _ keepUntil: WallTime, _ db: Database, _ files: inout FileChanges
    ) throws {
        guard var row = try JobRow.find(id, db) else { throw JournalError.noJob(id) }
        guard !row.hasEnded else {
            throw JournalError(.exists, "job \(id) has ended already, and keeps the answer that it has")
        }
        try files.write(answer, to: .answers, row.serial)
        row.end(FileSeal(of: answer), keepUntil: keepUntil)
        try row.update(db)
        files.remove(from: .requests, row.serial)
    }

    private func forget(_ id: JobID, _ db: Database, _ files: inout FileChanges) throws {
        guard let row = try JobRow.find(id, db) else { return }
        guard row.hasEnded else {
            throw JournalError(.exists, "job \(id) has not ended, so it is not forgotten; end it first")
        }
        try row.delete(db)
        files.remove(from: .answers, row.serial)
    }
}

extension JournalError {
    static func noJob(_ id: JobID) -> JournalError {
        JournalError(.missing, "there is no job \(id) in the journal; submit it again")
    }
}
