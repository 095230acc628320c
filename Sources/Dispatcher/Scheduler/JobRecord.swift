import Fleet

/// A running job's shards and how far each is.
struct JobRecord {
    let submission: JobSubmission
    /// Order of submission, the last tie-breaker of the ready queue; no other job ever has it.
    let sequence: UInt64
    var shards: [ShardRecord]
    var shardsLeft: Int
    /// Shards of the stages that have not begun are blocked.
    var stage = 0
    /// Shards of the stage that are not done.
    var stageLeft: Int

    init(_ submission: JobSubmission, sequence: UInt64) {
        self.submission = submission
        self.sequence = sequence
        shards = Array(repeating: ShardRecord(), count: submission.shards)
        shardsLeft = submission.shards
        stageLeft = submission.shardsPerStage
    }

    /// What a shard needs at its worker; nil: nothing.
    func residencyKey(of shard: Int) -> UInt64? {
        submission.residencyKeys.isEmpty ? nil : submission.residencyKeys[shard % submission.residencyKeys.count]
    }

    /// The shards of the stage under way.
    var stageShards: Range<Int> {
        let first = stage * submission.shardsPerStage
        return first..<min(first + submission.shardsPerStage, shards.count)
    }
}

/// One shard's progress.
struct ShardRecord {
    enum State: Equatable {
        /// Its stage has not begun.
        case blocked
        /// In the ready queue, or waiting out a back-off.
        case waiting
        /// With one worker, and perhaps a second one that it was hedged to.
        case leased(UInt64, hedge: UInt64?)
        case done
    }

    var state = State.blocked
    /// Attempts started, of any kind.
    var attempts = 0
    /// Attempts that ended by failure, invalid result or expiry.
    var failures = 0
    /// Workers lost while they held this shard.
    var deaths: [PeerID] = []
    var refusals = 0
    var lastWorker: PeerID?
    /// The slot of the worker that it waits for, or has waited for.
    var reservedAt: Int?
    /// Counts how often the shard went back to waiting: what is queued for an earlier time is stale.
    var turn = 0

    /// The leases out on it.
    var leases: [UInt64] {
        guard case .leased(let first, let hedge) = state else { return [] }
        return hedge.map { [first, $0] } ?? [first]
    }
}

/// One attempt under way.
struct Lease {
    /// The job's slot in its table.
    let job: Int
    let shard: Int
    /// The worker's slot in its table.
    let worker: Int
    let incarnation: Incarnation
    let attempt: Int
    let start: Instant
    let isHedge: Bool
    /// Heartbeats since `leaseGrace` that did not list this lease.
    var missed = 0
}
