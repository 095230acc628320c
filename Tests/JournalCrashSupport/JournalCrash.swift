import Dispatcher
import Fleet
import Foundation
import Journal
import Logging

/// `journal-crash FOLDER SEED`: works on a journal until it is killed, and reports on its standard output, one line
/// each, what it is about to ask (`begin-store ID`) and what it was promised (`done-store ID`).
@main
struct JournalCrash {
    static func main() async throws {
        guard CommandLine.arguments.count == 3, let seed = UInt64(CommandLine.arguments[2]) else {
            throw JournalError(.missing, "usage: journal-crash FOLDER SEED")
        }
        var logger = Logger(label: "journal-crash", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .critical
        let now = WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        try await withJournal(in: CommandLine.arguments[1], now: now, logger: logger) { journal, contents in
            report("epoch", String(contents.epoch))
            await withDiscardingTaskGroup { group in
                for client in 0..<8 {
                    group.addTask {
                        let random = SeededGenerator(seed: seed &+ UInt64(client))
                        var client = Client(journal, name: "\(contents.epoch)-\(client)", random)
                        await client.work()
                    }
                }
            }
        }
    }

    /// Written at once and whole, so that nothing promised is lost in a buffer with this process.
    static func report(_ word: String, _ subject: String) {
        let line = Array("\(word) \(subject)\n".utf8)
        _ = line.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
