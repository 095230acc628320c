import Dispatcher
import GRDB

extension JournalFolder {
    /// Runs `body` and says what its failure means for the journal.
    func translating<R>(_ body: () throws -> R) throws(JournalError) -> R {
        do {
            return try body()
        } catch let error as JournalError {
            throw error
        } catch let error as DatabaseError {
            throw meaning(of: error)
        } catch is CancellationError {
            throw .withdrawn
        } catch {
            // A column that holds something else than its declaration.
            throw damaged("a row of journal.sqlite cannot be read (\(error))")
        }
    }

    private func meaning(of error: DatabaseError) -> JournalError {
        let text = error.message ?? "\(error.resultCode)"
        let reason = "\(database): \(text) (SQLite \(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_FULL:
            return JournalError(.full, "\(reason); make room on the disk of \(path), and try again")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_ERROR:
            return damaged(reason)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return JournalError(.locked, "\(reason); close the program that has the database open, and try again")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            return JournalError(.io, "\(reason); give this user the right to read and write everything in \(path)")
        default:
            return JournalError(.io, "\(reason); look at the kernel's log for the disk of \(path)")
        }
    }
}
