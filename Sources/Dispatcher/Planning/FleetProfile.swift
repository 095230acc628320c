public import Fleet

/// How bytes get to a worker and back: what a message costs however small, and what each byte adds. In seconds.
public struct Link: Sendable, Equatable {
    /// From a task's sending to its result, less what the worker computed and what the bytes took.
    public var roundTrip: Double
    public var bytesPerSecond: Double

    public init(roundTrip: Double, bytesPerSecond: Double) {
        self.roundTrip = roundTrip
        self.bytesPerSecond = bytesPerSecond
    }

    /// Within this process.
    public static let none = Link(roundTrip: 0, bytesPerSecond: .infinity)
}

/// What the planner knows of one worker, for one kind of work.
public struct WorkerProfile: Sendable, Equatable {
    public var id: PeerID
    /// Tasks computed at a time.
    public var slots: Int
    /// Floating-point operations a second of one slot.
    public var speed: Double
    public var link: Link
    /// Seconds until a slot is free of earlier work.
    public var backlog: Double
    /// Most bytes that one task or result may have, for the worker's memory.
    public var mostBytes: Int
    /// Most bytes of keys and values that it keeps for later tasks.
    public var contextBytes: Int

    public init(
        id: PeerID, slots: Int = 1, speed: Double, link: Link, backlog: Double = 0, mostBytes: Int = .max,
        contextBytes: Int = 0
    ) {
        self.id = id
        self.slots = slots
        self.speed = speed
        self.link = link
        self.backlog = backlog
        self.mostBytes = mostBytes
        self.contextBytes = contextBytes
    }
}

/// What the planner knows of a fleet: its workers, and what they share.
public struct FleetProfile: Sendable, Equatable {
    public var workers: [WorkerProfile]
    /// The dispatcher's own cores, as a worker without a link; nil: nothing is computed here.
    public var here: WorkerProfile?
    /// Between the dispatcher and the broker, each way: what a byte adds is what it holds up the next message for.
    public var broker: Link
    /// Seconds for which the broker is taken up by messages of the jobs under way.
    public var brokerBacklog: Double
    /// Jobs that share the broker with the one to be planned.
    public var jobsUnderWay: Int

    /// Seconds for which a message, however small, occupies dispatcher and broker: a part of its latency, most of which
    /// passes in waiting to be woken, while other messages go on.
    public var messageSeconds: Double

    /// - Parameter messageSeconds: an eighth of the broker's round trip where it is not known.
    public init(
        workers: [WorkerProfile], here: WorkerProfile? = nil, broker: Link, messageSeconds: Double? = nil,
        brokerBacklog: Double = 0, jobsUnderWay: Int = 0
    ) {
        self.brokerBacklog = brokerBacklog
        self.jobsUnderWay = jobsUnderWay
        self.workers = workers
        self.here = here
        self.broker = broker
        self.messageSeconds = messageSeconds ?? broker.roundTrip / 8
    }
}
