public import AttnMath
import Codecs
import Compute
public import Fleet

/// Runs a job in this process, without a fleet: the same plan, tasks, kernel and assembly, on local threads.
public struct LocalExecutor: Sendable {
    private let pool: ComputePool<Workspace>
    private let kernel: AttentionKernel
    private let limits: PlanLimits

    public init(kernel: AttentionKernel, threads: Int) {
        self.init(kernel: kernel, limits: PlanLimits(slots: threads, messageBytes: .max))
    }

    /// Cuts jobs as `limits` say, with a thread for each slot.
    init(kernel: AttentionKernel, limits: PlanLimits) {
        self.kernel = kernel
        self.limits = limits
        pool = ComputePool(threads: limits.slots) { Workspace() }
    }

    /// - Parameter payload: a job request, as it would go to the job topic.
    /// - Throws: `JobError`: `.invalidRequest`, `.unsupported`, `.shardFailed`, `.cancelled`.
    public func run(_ payload: [UInt8]) async throws(JobError) -> JobAnswer {
        let clock = ContinuousClock()
        let start = clock.now
        let request = try JobRequest(decoding: payload)
        let attention = try AttentionRequest(request).settledWithoutFleet()
        var limits = limits
        limits.wire = attention.wire
        let plan = try planAttention(attention.problem, limits: limits)
        var work = AttentionWork(attention, plan)
        var report = JobReport(shards: work.shardCount)
        report.planned = start.duration(to: clock.now)
        let cancel = CancelFlag()
        var failure: JobError?
        await withTaskCancellationHandler {
            await withTaskGroup(of: ShardResult.self) { group in
                for index in plan.shards.indices {
                    group.addTask { await compute(index, plan, request, attention, cancel, clock) }
                }
                for await result in group {
                    let index = result.index
                    switch result.outcome {
                    case .done(let partial): work.take(.partial(partial), shard: index)
                    case .cancelled: failure = failure ?? JobError(.cancelled, "the job was cancelled")
                    case .failed(let reason):
                        failure = failure ?? JobError(.shardFailed, "shard \(index) failed: \(reason)")
                        cancel.set()
                    }
                    report.shards[index].worker = "local"
                    report.shards[index].attempt = 1
                    report.shards[index].compute = result.compute
                    report.shards[index].received = start.duration(to: result.end)
                    report.shards[index].done = start.duration(to: clock.now)
                    report.shards[index].attempts = [
                        JobReport.Attempt(
                            number: 1, worker: "local", sent: start.duration(to: result.end) - result.compute, bytes: 0)
                    ]
                }
            }
        } onCancel: {
            cancel.set()
        }
        if let failure { throw failure }
        return try answer(request, work, report, elapsed: start.duration(to: clock.now))
    }

    private struct ShardResult: Sendable {
        let index: Int
        let outcome: BlockComputation.Outcome
        let compute: Duration
        let end: ContinuousClock.Instant
    }

    private func compute(
        _ index: Int, _ plan: AttentionPlan, _ request: JobRequest, _ attention: AttentionRequest, _ cancel: CancelFlag,
        _ clock: ContinuousClock
    ) async -> ShardResult {
        await pool.run { [kernel] workspace in
            let start = clock.now
            let outcome = attention.compute(
                plan.shards[index], number: index, of: request.id, kernel: kernel, cancel: cancel, &workspace)
            return ShardResult(
                index: index, outcome: outcome, compute: start.duration(to: clock.now), end: clock.now)
        }
    }

    private func answer(
        _ request: JobRequest, _ work: AttentionWork, _ report: JobReport, elapsed: Duration
    ) throws(JobError) -> JobAnswer {
        var work = work
        do {
            let payload = try JobAnswer.encode(
                job: request.id.text, status: .done,
                report: report.json(job: request.id, op: request.op, elapsed: elapsed, work),
                tensors: work.outputs())
            return try JobAnswer(decoding: payload)
        } catch {
            throw JobError(.shardFailed, "the answer could not be laid out: \(error)")
        }
    }
}
