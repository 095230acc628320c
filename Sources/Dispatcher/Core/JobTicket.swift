public import Fleet

/// A job request as far as the core needs it, before anything is read of its tensors.
public struct JobTicket: Sendable, Equatable {
    public var id: JobID
    /// Tells two requests under one ID apart.
    public var digest: UInt64
    /// Of the request's payload.
    public var bytes: Int
    public var priority: Int
    /// Kept on disk until it has ended: it outlives the dispatcher.
    public var isDurable: Bool
    public var deadline: Instant
    /// Whose share of the fleet the job uses.
    public var client: String

    public init(
        id: JobID, digest: UInt64, bytes: Int, priority: Int = 0, isDurable: Bool = false, deadline: Instant,
        client: String
    ) {
        self.id = id
        self.digest = digest
        self.bytes = bytes
        self.priority = priority
        self.isDurable = isDurable
        self.deadline = deadline
        self.client = client
    }
}

/// A request that was read and cut into shards.
public struct PreparedJob: Sendable, Equatable {
    public var shards: Int
    /// See `JobSubmission`.
    public var shardsPerStage: Int
    /// Of the outputs as they are assembled and answered.
    public var outputBytes: Int
    /// How long one attempt at a shard may take, from sending to result.
    public var leaseDuration: Duration
    public var shapeClass: ShapeClass
    /// See `JobSubmission`.
    public var residencyKeys: [UInt64]
    public var reservations: Reservations
    /// See `JobSubmission`.
    public var transit: Duration

    public init(
        shards: Int, shardsPerStage: Int? = nil, outputBytes: Int, leaseDuration: Duration, shapeClass: ShapeClass,
        residencyKeys: [UInt64] = [], reservations: Reservations = Reservations(), transit: Duration = .zero
    ) {
        self.transit = transit
        self.residencyKeys = residencyKeys
        self.reservations = reservations
        self.shards = shards
        self.shardsPerStage = shardsPerStage ?? shards
        self.outputBytes = outputBytes
        self.leaseDuration = leaseDuration
        self.shapeClass = shapeClass
    }
}

/// Someone who waits for a job's answer.
public struct JobWaiter: Sendable, Hashable {
    public enum Route: Sendable, Hashable {
        /// A client of the job topic.
        case topic(String, correlation: [UInt8]?)
        /// A caller in the dispatcher's process, by a number of the shell's.
        case local(UInt64)
    }

    /// Two waits on one route are one: a request that was sent again.
    public var route: Route
    public var wantsUpdates: Bool
    /// Whether it is answered in JSON, since it asked in JSON.
    public var wantsJSON: Bool

    public init(_ route: Route, wantsUpdates: Bool, wantsJSON: Bool = false) {
        self.route = route
        self.wantsJSON = wantsJSON
        self.wantsUpdates = wantsUpdates
    }
}

/// A durable job that the journal of an earlier life has.
public struct RecoveredJob: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case accepted
        case ended(keepUntil: Instant, answerBytes: Int)
    }

    public var ticket: JobTicket
    public var waiters: [JobWaiter]
    public var state: State

    public init(ticket: JobTicket, waiters: [JobWaiter], state: State) {
        self.ticket = ticket
        self.waiters = waiters
        self.state = state
    }
}
