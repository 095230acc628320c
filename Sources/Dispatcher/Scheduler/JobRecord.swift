import Fleet

/// A running job's shards and how far each is.
struct JobRecord {
    let submission: JobSubmission
    let deadline: Instant
    /// Order of submission, the last tie-breaker of the ready queue.
    let sequence: UInt64
    var shards: [ShardRecord]
    var shardsLeft: Int

    init(_ submission: JobSubmission, now: Instant, sequence: UInt64) {
        self.submission = submission
        self.sequence = sequence
        deadline = now.advanced(by: submission.timeout)
        shards = Array(repeating: ShardRecord(), count: submission.shards)
        shardsLeft = submission.shards
    }
}

/// One shard's progress.
struct ShardRecord {
    enum State: Equatable {
        /// In the ready queue, or waiting out a back-off.
        case waiting
        case leased(LeaseToken)
        case done
    }

    var state = State.waiting
    /// Attempts started, of any kind.
    var attempts = 0
    /// Attempts that ended by failure, invalid result or expiry.
    var failures = 0
    /// Workers lost while they held this shard.
    var deaths: Set<PeerID> = []
    var refusals = 0
    var lastWorker: PeerID?
    /// Counts how often the shard went back to waiting: what is queued for an earlier time is stale.
    var turn = 0
}

/// One attempt under way.
struct Lease {
    let key: ShardKey
    let worker: PeerID
    let incarnation: Incarnation
    let attempt: Int
    let start: Instant
    /// Heartbeats since `leaseGrace` that did not list this lease.
    var missed = 0
}
