import GRDB

/// The tables, version by version. A version that was released is never changed; what comes later is another one.
enum JournalSchema {
    /// Says in the file's header whose database this is ("AttJ").
    static let applicationID: Int32 = 0x4174_744a  // 1098150986

    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1") { db in
            try db.execute(sql: "PRAGMA application_id = 1098150986")
            try createJobs(db)
            try createWaiters(db)
            try createLife(db)
        }
        return migrator
    }()

    /// One row per job. `serial` orders them by acceptance, and names their files.
    private static func createJobs(_ db: Database) throws {
        try db.create(table: "job") { table in
            table.primaryKey("serial", .integer)
            table.column("id", .text).notNull().unique()
            table.column("digest", .integer).notNull()
            table.column("priority", .integer).notNull()
            table.column("deadline", .integer).notNull()
            table.column("requestBytes", .integer).notNull()
            table.column("requestChecksum", .integer).notNull()
            // All three or none: a job with an answer has ended.
            table.column("keepUntil", .integer)
            table.column("answerBytes", .integer)
            table.column("answerChecksum", .integer)
            table.check(sql: "(keepUntil IS NULL) = (answerBytes IS NULL)")
            table.check(sql: "(keepUntil IS NULL) = (answerChecksum IS NULL)")
        }
    }

    private static func createWaiters(_ db: Database) throws {
        try db.create(table: "waiter", options: .withoutRowID) { table in
            table.column("job", .integer).notNull().references("job", onDelete: .cascade)
            table.column("position", .integer).notNull()
            table.column("topic", .text).notNull()
            table.column("correlation", .blob)
            table.column("wantsUpdates", .boolean).notNull()
            table.primaryKey(["job", "position"])
        }
    }

    /// One row: the present life of the dispatcher.
    private static func createLife(_ db: Database) throws {
        try db.create(table: "life") { table in
            table.primaryKey("id", .integer).check { $0 == 1 }
            table.column("epoch", .integer).notNull()
        }
    }
}
