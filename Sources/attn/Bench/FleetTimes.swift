/// What was measured of a fleet's jobs, in seconds and bytes.
struct FleetTimes: Sendable {
    let requestBytes: Int
    let answerBytes: Int
    private(set) var jobs: [Double] = []
    /// Bare round trips of the same bytes.
    var floors: [Double] = []
    /// Of the jobs that were planned, the makespans as predicted, and how far off these were, as shares of what was measured.
    private(set) var predictions: [Double] = []
    private(set) var errors: [Double] = []
    /// How many jobs were cut in which way.
    private(set) var kinds: [String: Int] = [:]
    /// Of all jobs together, where several were under way at a time.
    var elapsed: Double?

    init(requestBytes: Int, answerBytes: Int) {
        (self.requestBytes, self.answerBytes) = (requestBytes, answerBytes)
    }

    mutating func append(_ job: TimedJob) {
        jobs.append(job.seconds)
        guard let makespan = job.makespan else { return }
        predictions.append(makespan.predicted)
        errors.append(abs(makespan.predicted - makespan.measured) / makespan.measured)
        if let kind = job.kind { kinds[kind, default: 0] += 1 }
    }

    var jobsPerSecond: Double { Double(jobs.count) / (elapsed ?? jobs.reduce(0, +)) }

    /// The way in which most jobs were cut.
    var commonestKind: String? { kinds.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key }
}
