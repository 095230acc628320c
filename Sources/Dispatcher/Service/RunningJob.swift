import Codecs
import Fleet

/// A job under way: its request, what has come together, and who waits for it.
struct RunningJob: Sendable {
    let request: JobRequest
    let attention: AttentionRequest
    let plan: AttentionPlan
    let start: Instant
    var assembly: Assembly
    var report: JobReport
    var waiters: [Waiter]
    /// Whether the inputs can make an output that is not finite; found out when one is.
    var mayBeNonFinite: Bool?

    init(_ request: JobRequest, _ attention: AttentionRequest, _ plan: AttentionPlan, start: Instant, _ waiter: Waiter)
    {
        self.request = request
        self.attention = attention
        self.plan = plan
        self.start = start
        assembly = Assembly(attention.problem, plan)
        report = JobReport(plan)
        waiters = [waiter]
    }

    /// What the job is charged for in admission: its request, and its output as it is assembled.
    var bytes: Int { request.tensors.bytes.count + attention.problem.outputBytes }
}

/// Someone who waits for a job's answer.
enum Waiter: Sendable {
    /// A client of the job topic.
    case topic(String, correlation: [UInt8]?, wantsUpdates: Bool)
    /// A caller in this process.
    case local(AsyncStream<JobAnswer>.Continuation)

    var wantsUpdates: Bool {
        switch self {
        case .topic(_, _, let wants): wants
        case .local: true
        }
    }

    /// Whether both are the same client's wait for the same answer: a request that was sent again.
    func isSame(as other: Waiter) -> Bool {
        guard case .topic(let topic, let correlation, _) = self,
            case .topic(topic, correlation, _) = other
        else { return false }
        return true
    }
}
