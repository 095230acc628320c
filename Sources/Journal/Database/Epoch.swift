import Dispatcher
import GRDB

/// The number of this life of the dispatcher.
enum Epoch {
    /// One greater than any before, kept before it is returned.
    static func begin(at now: WallTime, _ db: Database) throws -> UInt64 {
        let last = try Int64.fetchOne(db, sql: "SELECT epoch FROM life WHERE id = 1") ?? 0
        let (next, isTooLarge) = last.addingReportingOverflow(1)
        guard !isTooLarge, last >= 0 else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "epoch \(last)") }
        let epoch = max(now.microseconds, next)
        try db.execute(sql: "INSERT OR REPLACE INTO life (id, epoch) VALUES (1, ?)", arguments: [epoch])
        return UInt64(epoch)
    }
}
