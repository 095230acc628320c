import Fleet

/// A job from its request to the end of its answer's keeping.
struct JobEntry {
    enum Phase: Equatable {
        /// Its request is being read for the first time.
        case preparing
        /// Durable: on its way into the journal, not accepted yet.
        case storing
        /// Durable: in the journal, waiting for memory.
        case waiting(since: Instant)
        /// Durable: its request is being read from the journal.
        case loading(waitingSince: Instant)
        case running
        /// Durable: its answer is on its way into the journal.
        case ending
        /// Ended; its answer is kept.
        case kept

        /// Whether it counts as under way for a dispatcher that is drained.
        var isUnderWay: Bool {
            switch self {
            case .preparing, .storing, .loading, .running, .ending: true
            case .waiting, .kept: false
            }
        }
    }

    let ticket: JobTicket
    /// Order of coming; no other job ever has it.
    let sequence: UInt64
    var waiters: [JobWaiter]
    var phase: Phase
    /// Known once it was read.
    var prepared: PreparedJob?
    /// Nobody waits for it any more; it ends as soon as what is under way allows.
    var isWithdrawn = false
    /// What it is charged for.
    var inMemory = 0
    var isInMemory = false
    var inJournal = 0
    var isInJournal = false

    init(_ ticket: JobTicket, sequence: UInt64, waiters: [JobWaiter], phase: Phase) {
        self.ticket = ticket
        self.sequence = sequence
        self.waiters = waiters
        self.phase = phase
    }

    /// What its kept answer takes: the outputs, and about as much as the report has of each shard.
    var answerBytes: Int { prepared.map { $0.outputBytes + 1024 + 512 * $0.shards } ?? 0 }

    /// A caller in this process has heard its answer; it asks no second time.
    var canBeAskedAgain: Bool {
        !waiters.allSatisfy { if case .local = $0.route { true } else { false } }
    }

    func waits(on route: JobWaiter.Route) -> Bool { waiters.contains { $0.route == route } }
}
