import Codecs
import Compute
import Fleet
import Logging

/// A result that passed validation, on its way into its job.
struct ReceivedPartial {
    let partial: Partial
    let queued: Duration
    let compute: Duration
    let bytes: Int
}

/// Shards going out as tasks and coming back as partials.
extension DispatcherService {
    func send(_ assignment: Assignment) {
        let key = assignment.key
        guard let job = jobs[key.job] else { return }
        let header = TaskHeader(
            op: job.request.op, job: key.job, shard: key.shard, attempt: assignment.attempt, lease: assignment.lease,
            incarnation: assignment.incarnation)
        let payload: [UInt8]
        do throws(SafetensorsError) {
            payload = try job.attention.encodeTask(header, for: job.plan.shards[key.shard])
        } catch {
            logger.error("a task could not be laid out", metadata: ["job": "\(key.job)", "reason": "\(error)"])
            return
        }
        jobs[key.job]?.report.tasksSent += 1
        jobs[key.job]?.report.bytesSent += payload.count
        jobs[key.job]?.report.shards[key.shard].sent = job.start.duration(to: now)
        jobs[key.job]?.report.shards[key.shard].bytesSent = payload.count
        let message = Message(
            topic: topics.task(worker: assignment.worker, dispatcher: options.id), payload: payload,
            contentType: JobAnswer.contentType)
        outgoing.continuation.yield(.task(message, assignment.lease))
    }

    /// Checks a result against the shard its lease stands for.
    func validated(_ result: ResultMessage, _ key: ShardKey) throws(InvalidPartial) -> ReceivedPartial {
        guard let job = jobs[key.job], let tensors = result.tensors else {
            throw InvalidPartial(description: "it has no tensors")
        }
        guard result.job == key.job, result.shard == key.shard else {
            throw InvalidPartial(description: "it names another shard than its lease")
        }
        let partial = try Partial(tensors, for: job.plan.shards[key.shard], of: job.attention.problem)
        if !partial.isFinite {
            let inputsMayBeToBlame = job.mayBeNonFinite ?? job.attention.mayBeNonFinite()
            jobs[key.job]?.mayBeNonFinite = inputsMayBeToBlame
            guard inputsMayBeToBlame else { throw InvalidPartial(description: "it holds NaN or infinity") }
        }
        return ReceivedPartial(
            partial: partial, queued: result.queued, compute: result.compute, bytes: tensors.bytes.count)
    }

    func keep(_ received: ReceivedPartial, _ key: ShardKey) {
        guard let start = jobs[key.job]?.start else { return }
        jobs[key.job]?.assembly.take(received.partial, shard: key.shard)
        jobs[key.job]?.report.bytesReceived += received.bytes
        jobs[key.job]?.report.shards[key.shard].done = start.duration(to: now)
        jobs[key.job]?.report.shards[key.shard].queued = received.queued
        jobs[key.job]?.report.shards[key.shard].compute = received.compute
        jobs[key.job]?.report.shards[key.shard].bytesReceived = received.bytes
    }

    /// Passes on what the scheduler tells: to the log, the report, and whoever wants updates.
    func took(_ note: SchedulerNote) {
        switch note {
        case .workerJoined(let worker, let slots):
            logger.info("worker joined", metadata: ["worker": "\(worker)", "slots": "\(slots)"])
        case .workerLost(let worker, let reason):
            logger.warning("worker lost", metadata: ["worker": "\(worker)", "reason": "\(reason.rawValue)"])
        case .workerDraining(let worker): logger.info("worker draining", metadata: ["worker": "\(worker)"])
        case .resultDropped(let worker, let lease):
            logger.debug("result dropped", metadata: ["worker": "\(worker)", "lease": "\(lease)"])
        case .shardDone(let key, let worker, let attempt): shardDone(key, worker, attempt)
        case .shardRetried(let key, let worker, let attempt, let reason):
            shardRetried(
                key,
                JobReport.Retry(
                    shard: key.shard, worker: worker, attempt: attempt, reason: reason,
                    at: jobs[key.job]?.start.duration(to: now) ?? .zero))
        }
    }

    private func shardDone(_ key: ShardKey, _ worker: PeerID, _ attempt: Int) {
        jobs[key.job]?.report.shards[key.shard].worker = worker.text
        jobs[key.job]?.report.shards[key.shard].attempt = attempt
        guard let job = jobs[key.job] else { return }
        logger.debug("shard done", metadata: ["job": "\(key.job)", "shard": "\(key.shard)", "worker": "\(worker)"])
        progress(key.job) {
            [
                "event": "shard-done", "done": JSON(job.assembly.taken), "total": JSON(job.plan.shards.count),
                "shard": JobReport.json(key.shard, job.plan.shards[key.shard], job.report.shards[key.shard]),
            ]
        }
    }

    private func shardRetried(_ key: ShardKey, _ retry: JobReport.Retry) {
        logger.warning(
            "shard retried",
            metadata: [
                "job": "\(key.job)", "shard": "\(key.shard)", "attempt": "\(retry.attempt)",
                "reason": "\(retry.reason)",
            ])
        jobs[key.job]?.report.retries.append(retry)
        progress(key.job) { ["event": "shard-retried", "shard": JobReport.json(retry)] }
    }
}
