import Dispatch
import Dispatcher
import Synchronization

/// Gathers changes while earlier ones are being made durable, so that all that wait share one commit.
///
/// Changes are taken in the order of their calls. The caller bounds how many wait.
final class GroupCommit<Change: Sendable>: Sendable {
    typealias Outcome = Result<Void, JournalError>

    private struct Waiting {
        let ticket: UInt64
        let change: Change
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var nextTicket: UInt64 = 0
        var isCommitting = false
        var isClosed = false
        var whenIdle: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let thread: DispatchQueue
    private let perform: @Sendable ([Change]) -> [Outcome]

    /// - Parameter perform: makes changes durable with one commit, on the given queue, and says how each went.
    init(on thread: DispatchQueue, perform: @escaping @Sendable ([Change]) -> [Outcome]) {
        self.thread = thread
        self.perform = perform
    }

    /// Returns when the change is durable. A call cancelled while it waits does nothing; one that is being committed is
    /// committed.
    func commit(_ change: Change) async throws(JournalError) {
        let ticket = state.withLock { state in
            defer { state.nextTicket += 1 }
            return state.nextTicket
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(Waiting(ticket: ticket, change: change, continuation: continuation))
            }
        } onCancel: {
            withdraw(ticket)
        }
        try outcome.get()
    }

    /// Refuses further changes, and returns when those that wait are durable.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isCommitting { state.whenIdle = continuation }
                return !state.isCommitting
            }
            if isIdle { continuation.resume() }
        }
    }

    /// How many changes wait for the next commit.
    var count: Int { state.withLock { $0.waiting.count } }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    private func enqueue(_ waiting: Waiting) {
        let isCancelled = Task.isCancelled
        let (isRefused, isFirst) = state.withLock { state in
            guard !isCancelled, !state.isClosed else { return (true, false) }
            state.waiting.append(waiting)
            defer { state.isCommitting = true }
            return (false, !state.isCommitting)
        }
        if isRefused { waiting.continuation.resume(returning: .failure(.withdrawn)) }
        if isFirst { thread.async { self.commitAll() } }
    }

    private func withdraw(_ ticket: UInt64) {
        let withdrawn = state.withLock { state in
            state.waiting.firstIndex { $0.ticket == ticket }.map { state.waiting.remove(at: $0) }
        }
        withdrawn?.continuation.resume(returning: .failure(.withdrawn))
    }

    private func commitAll() {
        while let group = nextGroup() {
            let outcomes = perform(group.map(\.change))
            for (waiting, outcome) in zip(group, outcomes) { waiting.continuation.resume(returning: outcome) }
        }
    }

    /// All that wait, or nil when nothing does.
    private func nextGroup() -> [Waiting]? {
        let (group, whenIdle) = state.withLock { state -> ([Waiting], CheckedContinuation<Void, Never>?) in
            defer { state.waiting = [] }
            guard state.waiting.isEmpty else { return (state.waiting, nil) }
            state.isCommitting = false
            defer { state.whenIdle = nil }
            return ([], state.whenIdle)
        }
        whenIdle?.resume()
        return group.isEmpty ? nil : group
    }
}

extension JournalError {
    static let withdrawn = JournalError(
        .cancelled,
        "the call was cancelled, or the journal closed, before anything was written: call again if it matters")
}
