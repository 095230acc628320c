import Dispatcher
import Fleet
import GRDB

/// A job in the database. Numbers without a sign are kept bit by bit, as SQLite's have one.
struct JobRow: Codable, Sendable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "job"

    let serial: Int64
    let id: String
    let digest: Int64
    let priority: Int
    let deadline: Int64
    let requestBytes: Int
    let requestChecksum: Int64
    private(set) var keepUntil: Int64?
    private(set) var answerBytes: Int?
    private(set) var answerChecksum: Int64?

    init(_ job: JournaledJob, serial: Int64, request: FileSeal) {
        self.serial = serial
        id = job.id.text
        digest = Int64(bitPattern: job.digest)
        priority = job.priority
        deadline = job.deadline.microseconds
        requestBytes = request.bytes
        requestChecksum = Int64(bitPattern: request.checksum)
    }

    var hasEnded: Bool { keepUntil != nil }

    var request: FileSeal { FileSeal(bytes: requestBytes, checksum: UInt64(bitPattern: requestChecksum)) }

    /// Nil while the job is not ended.
    var answer: FileSeal? {
        guard let answerBytes, let answerChecksum else { return nil }
        return FileSeal(bytes: answerBytes, checksum: UInt64(bitPattern: answerChecksum))
    }

    mutating func end(_ answer: FileSeal, keepUntil: WallTime) {
        self.keepUntil = keepUntil.microseconds
        answerBytes = answer.bytes
        answerChecksum = Int64(bitPattern: answer.checksum)
    }

    static func find(_ id: JobID, _ db: Database) throws -> JobRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM job WHERE id = ?")
        return try JobRow.fetchOne(statement, arguments: [id.text])
    }

    /// By acceptance.
    static func all(_ db: Database) throws -> [JobRow] {
        try JobRow.fetchAll(db, sql: "SELECT * FROM job ORDER BY serial")
    }

    /// Nil if this is no job that was ever stored.
    func job(waiters: [JournaledWaiter]) -> JournaledJob? {
        guard let id = JobID(id) else { return nil }
        var job = JournaledJob(
            id: id, digest: UInt64(bitPattern: digest), requestBytes: requestBytes, priority: priority,
            deadline: WallTime(microseconds: deadline), waiters: waiters)
        if let keepUntil, let answerBytes {
            job.state = .ended(keepUntil: WallTime(microseconds: keepUntil), answerBytes: answerBytes)
        }
        return job
    }
}
