import Codecs
import Fleet
import Logging

/// Shards going out as tasks, and what is told of them.
extension DispatcherService {
    func send(_ assignment: Assignment) { measuringEffort { layOut(assignment) } }

    /// - Returns: bytes of the message; nil if there is none.
    private func layOut(_ assignment: Assignment) -> Int? {
        let key = assignment.key
        guard let job = jobs[key.job] else { return nil }
        let header = TaskHeader(
            op: job.request.op, job: key.job, shard: key.shard, attempt: assignment.attempt, lease: assignment.lease,
            incarnation: assignment.incarnation)
        guard assignment.worker != LocalWorker.id else {
            noteSent(assignment, bytes: 0)
            computeHere(job.work.localTask(header, shard: key.shard), assignment.lease)
            return nil
        }
        let context: TaskContext?
        let payload: [UInt8]
        do throws(SafetensorsError) {
            context = try self.context(of: key, for: assignment.worker)
            payload = try job.work.encodeTask(header, shard: key.shard, context: context)
        } catch {
            logger.error("a task could not be laid out", metadata: ["job": "\(key.job)", "reason": "\(error)"])
            return nil
        }
        noteSent(assignment, bytes: payload.count)
        if let context, !context.isKept {
            contexts.sent(
                context.digest, bytes: payload.count, lease: assignment.lease.number, to: assignment.worker)
        }
        let message = Message(
            topic: topics.task(worker: assignment.worker, dispatcher: options.id), payload: payload,
            contentType: JobAnswer.contentType)
        enqueue(.task(message, assignment.lease))
        return payload.count
    }

    private func noteSent(_ assignment: Assignment, bytes: Int) {
        let key = assignment.key
        guard let start = jobs[key.job]?.start else { return }
        let sent = start.duration(to: now)
        let turn = assignment.worker == LocalWorker.id ? seconds : meter.departure(bytes: bytes, at: seconds)
        jobs[key.job]?.report.tasksSent += 1
        jobs[key.job]?.report.bytesSent += bytes
        jobs[key.job]?.report.shards[key.shard].attempts.append(
            JobReport.Attempt(
                number: assignment.attempt, worker: assignment.worker.text, sent: sent,
                departed: sent + .seconds(turn - seconds), bytes: bytes))
    }

    /// The keys and values that the shard shares with others, if its worker keeps such.
    private func context(of key: ShardKey, for worker: PeerID) throws(SafetensorsError) -> TaskContext? {
        guard contexts.keepsContexts(worker), let digest = try jobs[key.job]?.work.contextDigest(of: key.shard)
        else { return nil }
        return TaskContext(digest: digest, isKept: contexts.has(digest, worker))
    }

    /// Passes on what the scheduler tells: to the log, the report, and whoever wants updates.
    func took(_ note: SchedulerNote) {
        switch note {
        case .workerJoined(let worker, let slots):
            logger.info("worker joined", metadata: ["worker": "\(worker)", "slots": "\(slots)"])
        case .workerLost(let worker, let reason):
            contexts.forget(worker)
            logger.warning("worker lost", metadata: ["worker": "\(worker)", "reason": "\(reason.rawValue)"])
        case .workerDraining(let worker): logger.info("worker draining", metadata: ["worker": "\(worker)"])
        case .workerSetAside(let worker, let reason, let probation):
            logger.error(
                "worker set aside",
                metadata: ["worker": "\(worker)", "reason": "\(reason)", "probed_after_s": "\(probation.inSeconds)"])
        case .workerTrusted(let worker): logger.info("worker trusted again", metadata: ["worker": "\(worker)"])
        case .shardHedged(let key, let worker, let after): shardHedged(key, worker, after)
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
                "event": "shard-done", "done": JSON(job.report.done), "total": JSON(job.work.shardCount),
                "shard": job.report.json(shard: key.shard, job.work),
            ]
        }
    }

    private func shardHedged(_ key: ShardKey, _ worker: PeerID, _ after: Duration) {
        logger.debug("shard hedged", metadata: ["job": "\(key.job)", "shard": "\(key.shard)", "worker": "\(worker)"])
        guard let start = jobs[key.job]?.start else { return }
        let hedge = JobReport.Hedge(shard: key.shard, worker: worker, after: after, at: start.duration(to: now))
        jobs[key.job]?.report.hedges.append(hedge)
        progress(key.job) { ["event": "shard-hedged", "shard": JobReport.json(hedge)] }
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
