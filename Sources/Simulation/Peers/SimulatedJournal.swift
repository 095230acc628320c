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
        var end: (content: SimulatedAnswer.Content, keepUntil: Instant)?
    }

    private(set) var entries: [Int: Entry] = [:]
    /// Order of acceptance.
    private var order: [Int] = []
    /// How many faults fill the disk at the moment.
    var fillings = 0
    private var isFull: Bool { fillings > 0 }

    /// What a dispatcher that starts now finds.
    var recovered: [RecoveredJob] {
        order.compactMap { job in
            entries[job].map { entry in
                RecoveredJob(
                    ticket: entry.ticket, waiters: entry.waiters,
                    state: entry.end.map { .ended(keepUntil: $0.keepUntil, answerBytes: 1) } ?? .accepted)
            }
        }
    }

    /// Carries out a write; false if the disk is full.
    mutating func commit(_ operation: JournalOperation) -> Bool {
        let job = operation.job
        switch operation.kind {
        case .store(let ticket, let waiters):
            guard !isFull else { return false }
            entries[job] = Entry(ticket: ticket, waiters: waiters)
            order.removeAll { $0 == job }
            order.append(job)
        case .setWaiters(let waiters): entries[job]?.waiters = waiters
        case .end(let content, let until):
            guard !isFull else { return false }
            entries[job]?.end = (content, until)
        case .forget:
            entries[job] = nil
            order.removeAll { $0 == job }
        case .load, .deliver: break
        }
        return true
    }
}
