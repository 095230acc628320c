public import Fleet

/// What the scheduler tells the shell to do, in this order.
public enum SchedulerAction: Sendable, Equatable {
    /// Send this shard's task to this worker.
    case send(Assignment)
    /// Send this worker a task whose partial is known beforehand.
    case probe(Probe)
    /// Tell this worker that the result under this lease is no longer wanted.
    case cancel(worker: PeerID, lease: LeaseToken)
    /// Take the partial that came with this event as the shard's.
    case keep(ShardKey)
    /// The job has ended; answer, and forget its data.
    case finish(JobID, JobOutcome)
    /// Something worth telling: logs, progress, the report.
    case note(SchedulerNote)
}

/// One shard of one job, by its place in the plan.
public struct ShardKey: Hashable, Sendable {
    public var job: JobID
    public var shard: Int

    public init(job: JobID, shard: Int) {
        self.job = job
        self.shard = shard
    }
}

/// One attempt at a shard by one worker under a lease: what a task is made from.
public struct Assignment: Hashable, Sendable {
    public var key: ShardKey
    public var worker: PeerID
    public var incarnation: Incarnation
    public var lease: LeaseToken
    /// 1 for the first.
    public var attempt: Int
    /// The shard is with another worker as well, which takes long.
    public var isHedge = false
}

/// A task whose partial is known beforehand, for a worker that gave an invalid result: whether it is to be trusted again.
public struct Probe: Hashable, Sendable {
    public var worker: PeerID
    public var incarnation: Incarnation
    public var lease: LeaseToken
}

/// How a job ended.
public enum JobOutcome: Sendable, Equatable {
    /// Every shard's partial was kept.
    case done
    case failed(JobError)
}

/// Things that happen to shards and workers, for people.
public enum SchedulerNote: Sendable, Equatable {
    case workerJoined(PeerID, slots: Int)
    case workerLost(PeerID, reason: LossReason)
    case workerDraining(PeerID)
    /// It gave an invalid result: it gets nothing until it passes a probe.
    case workerSetAside(PeerID, reason: String, probedAfter: Duration)
    /// It has passed a probe.
    case workerTrusted(PeerID)
    case shardDone(ShardKey, worker: PeerID, attempt: Int)
    /// It took longer than most: another worker has it as well.
    case shardHedged(ShardKey, worker: PeerID, after: Duration)
    /// An attempt ended without a partial; the shard goes back to be leased.
    case shardRetried(ShardKey, worker: PeerID, attempt: Int, reason: String)
    /// A result that no longer counts: its lease has ended, or never was.
    case resultDropped(worker: PeerID, lease: LeaseToken)
}

/// Why a worker counts as lost.
public enum LossReason: String, Sendable {
    /// Its will or its own farewell.
    case offline = "went offline"
    case reborn = "started anew"
    case silent = "missed its heartbeats"
}
