import Dispatcher
import Fleet
import Journal
import Testing

/// A journal as tests open it: at a given time, with its log kept.
func withTestJournal<R>(
    _ folder: String, at microseconds: Int64 = 1_000_000, log: LogRecorder = LogRecorder(),
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Journal, JournalContents) async throws -> R
) async throws -> R {
    try await withJournal(
        in: folder, now: WallTime(microseconds: microseconds), logger: log.logger, isolation: isolation, body)
}

/// What opening it throws; nil if it opens.
func openingError(_ folder: String) async throws -> JournalError? {
    do {
        try await withTestJournal(folder) { _, _ in }
        return nil
    } catch let error as JournalError {
        return error
    }
}

/// What a call throws; nil if it succeeds.
func failure(_ body: () async throws -> some Any) async -> JournalError? {
    do {
        _ = try await body()
    } catch let error as JournalError {
        return error
    } catch {
        Issue.record(error)
    }
    return nil
}

func expect(_ journal: Journal, request: [UInt8], of id: JobID) async throws {
    #expect(try await journal.request(of: id) == request, "\(id)")
}

func expect(_ journal: Journal, answer: [UInt8], of id: JobID) async throws {
    #expect(try await journal.answer(of: id) == answer, "\(id)")
}

/// A job; what a test does not name does not matter to it.
func job(_ id: String, requestBytes: Int = 0, waiters: [JournaledWaiter] = []) -> JournaledJob {
    JournaledJob(
        id: JobID(id)!, digest: .max - 1, requestBytes: requestBytes, priority: -3,
        deadline: WallTime(microseconds: 77), waiters: waiters)
}

func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
}
