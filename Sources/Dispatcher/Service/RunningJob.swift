import Fleet

/// A job under way: its request, what its shards are, and what has come of them.
struct RunningJob: Sendable {
    let request: JobRequest
    var work: any JobWork
    let start: Instant
    var report: JobReport

    /// - Parameter planned: how long it took to read and cut the request, since `start`.
    init(_ request: JobRequest, _ work: any JobWork, start: Instant, planned: Duration) {
        self.request = request
        self.work = work
        self.start = start
        report = JobReport(shards: work.shardCount)
        report.planned = planned
    }
}
