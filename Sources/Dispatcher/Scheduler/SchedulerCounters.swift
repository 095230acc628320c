/// How often what happened since the scheduler's start.
public struct SchedulerCounters: Sendable, Equatable {
    public var jobsStarted = 0
    public var jobsDone = 0
    public var jobsFailed = 0
    public var tasksSent = 0
    public var shardsDone = 0
    public var shardsRetried = 0
    /// Second attempts at shards whose first one took long, and how many of those were the first to be done.
    public var hedges = 0
    public var hedgesWon = 0
    public var workersLost = 0
    public var workersSetAside = 0
    /// Results whose lease had ended or never was: late, doubled, of an earlier epoch, or made up.
    public var resultsDropped = 0
    public var resultsInvalid = 0

    public init() {}
}

/// Sizes of the scheduler's tables; all but `workers` and `setAside` are zero when no job runs.
public struct SchedulerTables: Sendable, Equatable {
    public var jobs: Int
    public var leases: Int
    public var ready: Int
    public var workers: Int
    public var setAside: Int

    public init(jobs: Int, leases: Int, ready: Int, workers: Int, setAside: Int = 0) {
        self.jobs = jobs
        self.leases = leases
        self.ready = ready
        self.workers = workers
        self.setAside = setAside
    }
}
