public import Fleet

/// What the shell tells the scheduler.
public enum SchedulerEvent: Sendable {
    /// A worker's birth: its retained info, live (just published) or kept (seen on subscribing).
    case workerInfo(PeerID, WorkerBirth, live: Bool)
    /// A worker's retained status; offline is also its will.
    case workerStatus(PeerID, online: Bool)
    /// A worker's stats: it lives, and holds these leases.
    case heartbeat(PeerID, Incarnation, leases: [LeaseToken])
    case jobSubmitted(JobSubmission)
    /// End the job, whatever its shards are at, for this reason.
    case jobCancelled(JobID, JobError)
    /// A worker's answer to a task.
    case taskEnded(TaskEnd)
    /// The transport could not take the task of this lease.
    case sendFailed(LeaseToken)
    /// The dispatcher's own connection to the broker.
    case connectionLost
    case connectionRestored
    /// Time has passed: at or after `Scheduler.nextTimer`.
    case tick
}

/// What a worker says of itself at its birth, as far as scheduling needs it.
public struct WorkerBirth: Sendable, Equatable {
    public var incarnation: Incarnation
    /// Tasks computed at a time.
    public var slots: Int
    /// Tasks it holds beyond those, so that the next one is there when a slot falls free.
    public var prefetch: Int
    public var isDraining: Bool
    /// The leases that it holds.
    public var leases: [LeaseToken]
    /// It is given only shards that are reserved for it, and is not counted among the workers.
    public var takesReservedOnly: Bool

    public init(
        incarnation: Incarnation, slots: Int, prefetch: Int = 0, isDraining: Bool = false,
        leases: [LeaseToken] = [], takesReservedOnly: Bool = false
    ) {
        self.takesReservedOnly = takesReservedOnly
        self.incarnation = incarnation
        self.slots = slots
        self.prefetch = prefetch
        self.isDraining = isDraining
        self.leases = leases
    }
}

/// A job as the scheduler sees it: how many shards, until when. No job of the same ID may be running.
///
/// A job may have stages, each of which needs the results of the one before: the shards are those of the first stage,
/// then those of the next. No shard of a stage is leased before all of the stage before are done.
public struct JobSubmission: Sendable {
    public var id: JobID
    public var shards: Int
    /// Positive; the last stage may have fewer.
    public var shardsPerStage: Int
    /// How long one attempt at a shard may take, from sending to result.
    public var leaseDuration: Duration
    /// When the job fails if it has not ended.
    public var deadline: Instant
    /// Higher goes first.
    public var priority: Int
    /// Of each of its shards.
    public var shapeClass: ShapeClass
    /// Of each shard of a stage, the same in every stage: names what its worker has to hold, such as a slice of a model.
    /// Shards of one key go to one worker where that costs nobody time. Empty: nothing is held.
    public var residencyKeys: [UInt64]
    public var reservations: Reservations
    /// How long a task may take to its worker, as predicted.
    public var transit: Duration

    public init(
        id: JobID, shards: Int, leaseDuration: Duration, deadline: Instant, priority: Int = 0,
        shapeClass: ShapeClass = ShapeClass(number: 0), shardsPerStage: Int? = nil, residencyKeys: [UInt64] = [],
        reservations: Reservations = Reservations(), transit: Duration = .zero
    ) {
        self.transit = transit
        self.residencyKeys = residencyKeys
        self.reservations = reservations
        self.id = id
        self.shards = shards
        self.shardsPerStage = max(shardsPerStage ?? shards, 1)
        self.leaseDuration = leaseDuration
        self.deadline = deadline
        self.priority = priority
        self.shapeClass = shapeClass
    }
}

/// How a task ended, by the word of the worker that held it.
public struct TaskEnd: Sendable {
    public enum Outcome: Sendable, Equatable {
        /// A partial that passed validation.
        case done
        /// The worker did not take the task: it is full or draining.
        case refused(code: String)
        /// It lacks the keys and values that the task refers to.
        case missing
        /// The worker tried and could not.
        case failed(code: String, message: String)
        /// A partial came that failed validation.
        case invalid(reason: String)
    }

    public var worker: PeerID
    public var incarnation: Incarnation
    public var lease: LeaseToken
    public var outcome: Outcome
    /// What of the time since the task was sent the worker did not have it: both ways together.
    public var transit: Duration

    public init(
        worker: PeerID, incarnation: Incarnation, lease: LeaseToken, outcome: Outcome, transit: Duration = .zero
    ) {
        self.transit = transit
        self.worker = worker
        self.incarnation = incarnation
        self.lease = lease
        self.outcome = outcome
    }
}
