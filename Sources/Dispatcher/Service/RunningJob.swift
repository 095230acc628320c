import Compute
import Fleet

/// A job under way: its request, its plan, and what has come together.
struct RunningJob: Sendable {
    let request: JobRequest
    let attention: AttentionRequest
    let plan: AttentionPlan
    let start: Instant
    /// Made when it is first needed: a job that waits in the journal takes no memory for its output.
    private var assembly: Assembly?
    var report: JobReport
    /// Whether the inputs can make an output that is not finite; found out when one is.
    var mayBeNonFinite: Bool?

    init(_ request: JobRequest, _ attention: AttentionRequest, _ plan: AttentionPlan, start: Instant) {
        self.request = request
        self.attention = attention
        self.plan = plan
        self.start = start
        report = JobReport(plan)
    }

    /// How many shards' partials were taken.
    var taken: Int { assembly?.taken ?? 0 }

    mutating func take(_ partial: Partial, shard: Int) {
        makeAssembly()
        assembly?.take(partial, shard: shard)
    }

    /// The output; complete once every shard was taken.
    mutating func assembled() -> Assembly {
        makeAssembly()
        return assembly ?? Assembly(attention.problem, plan)
    }

    private mutating func makeAssembly() {
        if assembly == nil { assembly = Assembly(attention.problem, plan) }
    }
}
