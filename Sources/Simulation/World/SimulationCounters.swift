public import Fleet

/// How often what happened in a simulation.
public struct SimulationCounters: Sendable {
    public var events = 0
    /// Events taken in by the dispatcher's core.
    public var schedulerEvents = 0
    public var jobsSubmitted = 0
    public var jobsAccepted = 0
    public var jobsDone = 0
    public var jobsFailed: [JobError.Code: Int] = [:]
    public var refusals = 0
    public var tasks = 0
    public var hedges = 0
    public var hedgesWon = 0
    public var retries = 0
    public var resultsDropped = 0
    public var workersSetAside = 0
    public var dispatcherLives = 0
    public var faults: [Fault: Int] = [:]
    var lastAnswer = Instant.origin

    public init() {}

    /// Adds another run's counts.
    public mutating func add(_ other: SimulationCounters) {
        events += other.events
        schedulerEvents += other.schedulerEvents
        jobsSubmitted += other.jobsSubmitted
        jobsAccepted += other.jobsAccepted
        jobsDone += other.jobsDone
        jobsFailed.merge(other.jobsFailed, uniquingKeysWith: +)
        refusals += other.refusals
        tasks += other.tasks
        hedges += other.hedges
        hedgesWon += other.hedgesWon
        retries += other.retries
        resultsDropped += other.resultsDropped
        workersSetAside += other.workersSetAside
        dispatcherLives += other.dispatcherLives
        faults.merge(other.faults, uniquingKeysWith: +)
    }
}
