/// What came of a scale simulation.
public struct ScaleReport: Sendable {
    /// What has least left, if anything has hardly any.
    public enum Ceiling: String, Sendable, CaseIterable {
        case broker
        /// Its processor.
        case dispatcher
        /// What leaves the dispatcher: tasks and answers.
        case fanOut = "fan-out"
        /// What comes to the dispatcher: results, requests and heartbeats.
        case fanIn = "fan-in"
        case workers
        /// Nothing: jobs take their time one by one, or do not come faster.
        case jobs
    }

    public let workers: Int

    // On the virtual clock.

    public var jobsDone = 0
    public var jobsRefused = 0
    /// From the first job's coming to the last one's answer.
    public var seconds = 0.0
    /// Of the jobs that were done, in the order of their ends.
    public var latencies: [Double] = []
    public var tasks = 0
    /// Workers that got a task.
    public var workersUsed = 0
    public var retries = 0
    public var hedges = 0
    /// Jobs a second of a fleet of one worker of the mean speed, under the same conditions.
    public var aloneJobsPerSecond = 0.0
    public var heartbeats = 0
    /// What passed from the first job's coming on.
    public var brokerBytes = 0
    public var brokerMessages = 0
    public var dispatcherBytes = 0
    /// Of the time in which jobs were under way, the part in which each was at work.
    public var loads: [Ceiling: Double] = [:]

    // Measured on this machine.

    /// Processor seconds of planning, of each job: reading the tables, the fleet's profile, the plan.
    public var planning: [Double] = []
    /// Events that the dispatcher's core took in, and processor seconds it took for them.
    public var coreEvents = 0
    public var coreSeconds = 0.0
    /// Bytes of the dispatcher's tables at the end: core, measurements, what workers keep.
    public var tableBytes = 0

    init(workers: Int) { self.workers = workers }

    public var jobsPerSecond: Double { seconds > 0 ? Double(jobsDone) / seconds : 0 }

    /// Over one worker of the mean speed.
    public var speedUp: Double { aloneJobsPerSecond > 0 ? jobsPerSecond / aloneJobsPerSecond : 0 }

    public var heartbeatsPerSecond: Double { seconds > 0 ? Double(heartbeats) / seconds : 0 }

    public var bytesPerWorker: Double { Double(tableBytes) / Double(max(workers, 1)) }

    /// That which is at work most, if it is four fifths of the time.
    public var ceiling: Ceiling {
        // In the order of the cases, where two are alike.
        let most = Ceiling.allCases.max { loads[$0, default: 0] < loads[$1, default: 0] }
        guard let most, loads[most, default: 0] >= 0.8 else { return .jobs }
        return most
    }
}
