import Dispatcher
import Foundation
import GRDB

/// A client that waits for a job, in the database.
struct WaiterRow: Codable, Sendable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "waiter"

    /// The job's serial number.
    let job: Int64
    /// Among the job's waiters, from 0.
    let position: Int
    let topic: String
    let correlation: Data?
    let wantsUpdates: Bool

    var waiter: JournaledWaiter {
        JournaledWaiter(topic: topic, correlation: correlation.map(Array.init), wantsUpdates: wantsUpdates)
    }

    static func insert(_ waiters: [JournaledWaiter], _ job: Int64, _ db: Database) throws {
        for (position, waiter) in waiters.enumerated() {
            let row = WaiterRow(
                job: job, position: position, topic: waiter.topic, correlation: waiter.correlation.map { Data($0) },
                wantsUpdates: waiter.wantsUpdates)
            try row.insert(db)
        }
    }

    static func deleteAll(_ job: Int64, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM waiter WHERE job = ?").execute(arguments: [job])
    }

    static func all(_ db: Database) throws -> [WaiterRow] {
        try WaiterRow.fetchAll(db, sql: "SELECT * FROM waiter ORDER BY job, position")
    }
}
