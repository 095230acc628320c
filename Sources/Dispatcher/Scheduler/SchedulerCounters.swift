/// How often what happened since the scheduler's start.
public struct SchedulerCounters: Sendable, Equatable {
    public var jobsAccepted = 0
    public var jobsRefused = 0
    public var jobsDone = 0
    public var jobsFailed = 0
    public var tasksSent = 0
    public var shardsDone = 0
    public var shardsRetried = 0
    public var workersLost = 0
    /// Results whose lease had ended or never was: late, doubled, of an earlier epoch, or made up.
    public var resultsDropped = 0
    public var resultsInvalid = 0
}

/// Sizes of the scheduler's tables; all but `workers` are zero when no job runs.
public struct SchedulerTables: Sendable, Equatable {
    public var jobs: Int
    public var leases: Int
    public var ready: Int
    public var workers: Int

    public init(jobs: Int, leases: Int, ready: Int, workers: Int) {
        self.jobs = jobs
        self.leases = leases
        self.ready = ready
        self.workers = workers
    }
}
