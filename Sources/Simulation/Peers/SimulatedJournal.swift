import Dispatcher
import Fleet

/// One write to the simulated disk.
struct JournalOperation {
    enum Kind {
        case store(JobTicket, [JobWaiter])
        case setWaiters([JobWaiter])
        case load
        case end(SimulatedAnswer.Content, keepUntil: Instant)
        case deliver([JobWaiter])
        case forget
    }

    let job: Int
    let kind: Kind
}

/// What is on the disk, and survives the dispatcher.
struct SimulatedJournal {
    struct Entry {
        let ticket: JobTicket
        var waiters: [JobWaiter]
        let outputBytes: Int
        let sequence: UInt64
        var end: (content: SimulatedAnswer.Content, keepUntil: Instant)?

        /// On disk: the request, and later the answer in its place.
        var bytes: Int {
            switch end?.content {
            case nil: ticket.bytes
            case .done: outputBytes
            default: 0
            }
        }
    }

    private(set) var entries: [Int: Entry] = [:]
    private(set) var bytes = 0
    private var lastSequence: UInt64 = 0
    /// How many faults fill the disk at the moment.
    var fillings = 0
    private var isFull: Bool { fillings > 0 }

    /// What a dispatcher that starts now finds, in the order of acceptance.
    var recovered: [RecoveredJob] {
        entries.values.sorted { $0.sequence < $1.sequence }.map { entry in
            RecoveredJob(
                ticket: entry.ticket, waiters: entry.waiters,
                state: entry.end.map { .ended(keepUntil: $0.keepUntil, answerBytes: entry.bytes) } ?? .accepted)
        }
    }

    /// Carries out a write; false if the disk is full.
    mutating func commit(_ operation: JournalOperation, outputBytes: Int) -> Bool {
        let job = operation.job
        let before = entries[job]?.bytes ?? 0
        switch operation.kind {
        case .store(let ticket, let waiters):
            guard !isFull else { return false }
            lastSequence += 1
            entries[job] = Entry(
                ticket: ticket, waiters: waiters, outputBytes: outputBytes, sequence: lastSequence)
        case .setWaiters(let waiters): entries[job]?.waiters = waiters
        case .end(let content, let until):
            guard !isFull else { return false }
            entries[job]?.end = (content, until)
        case .forget: entries[job] = nil
        case .load, .deliver: break
        }
        bytes += (entries[job]?.bytes ?? 0) - before
        return true
    }
}
