import Codecs
import Fleet
import Synchronization

/// What became of each job, and whether it may be so.
final class Ledger: Sendable {
    struct Entry: Sendable {
        let isDurable: Bool
        var isAccepted = false
        var final: Final?
        /// Of the one answer that there may be.
        var digest: Int?
    }

    enum Final: Sendable, Equatable {
        case right
        case wrong
        case failed(String)
        case cancelled
        /// No word came in all its time.
        case lost
    }

    struct State: Sendable {
        var entries: [JobID: Entry] = [:]
        var doubled: Set<JobID> = []
        var open = 0
        var lastAnswer = ContinuousClock.now
        var longestStall = Duration.zero
    }

    private let state = Mutex(State())

    var snapshot: State { state.withLock { $0 } }

    func submitted(_ job: ChaosJob) {
        state.withLock { state in
            if state.open == 0 { state.lastAnswer = .now }
            state.open += 1
            state.entries[job.id] = Entry(isDurable: job.isDurable)
        }
    }

    func accepted(_ id: JobID) { state.withLock { $0.entries[id]?.isAccepted = true } }

    func ended(_ id: JobID, _ final: Final) {
        state.withLock { state in
            guard let entry = state.entries[id] else { return }
            if let before = entry.final, before != final { state.doubled.insert(id) }
            if entry.final == nil {
                state.entries[id]?.final = final
                state.open -= 1
            }
            state.longestStall = max(state.longestStall, state.lastAnswer.duration(to: .now))
            state.lastAnswer = .now
        }
    }

    /// Somebody who hears every answer takes note: a durable job has one, however often it is asked for.
    func overheard(_ answer: JobAnswer) {
        guard answer.status == .done, let id = JobID(answer.job), let bytes = answer.tensors?.bytes else { return }
        let digest = bytes.hashValue
        state.withLock { state in
            guard let entry = state.entries[id], entry.isDurable else { return }
            if let before = entry.digest, before != digest { state.doubled.insert(id) }
            state.entries[id]?.digest = digest
        }
    }
}
