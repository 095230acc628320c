import Dispatch
import Dispatcher

/// A thread for work that blocks on the disk, one piece after the other: Swift's cooperative pool must not wait for it.
struct BlockingQueue: Sendable {
    private let thread: DispatchQueue

    init(label: String) { thread = DispatchQueue(label: label) }

    /// - Throws: what `body` throws; `.cancelled` if the calling task is cancelled already.
    func run<R: Sendable>(_ body: @escaping @Sendable () throws(JournalError) -> R) async throws(JournalError) -> R {
        guard !Task.isCancelled else { throw .withdrawn }
        return try await runUncancelled(body)
    }

    /// For what must be done, as closing.
    func runUncancelled<R: Sendable>(
        _ body: @escaping @Sendable () throws(JournalError) -> R
    ) async throws(JournalError) -> R {
        let outcome: Result<R, JournalError> = await withCheckedContinuation { continuation in
            thread.async { continuation.resume(returning: Result(catching: body)) }
        }
        return try outcome.get()
    }
}
