public import Fleet
import HeapModule

/// Jobs coming and ending.
extension Scheduler {
    mutating func submit(_ submission: JobSubmission, _ now: Instant) {
        if let refusal = refusal(of: submission.id) {
            counters.jobsRefused += 1
            actions.append(.refuse(submission.id, refusal))
            return
        }
        counters.jobsAccepted += 1
        let job = JobRecord(submission, now: now, sequence: nextSequence())
        jobs[submission.id] = job
        setTimer(.jobDeadline(submission.id, sequence: job.sequence), at: job.deadline)
        for shard in job.shards.indices { makeReady(ShardKey(job: submission.id, shard: shard)) }
        if submission.shards == 0 { endJob(submission.id, .done) }
    }

    /// Why a job of this ID would not be admitted now; nil if it would.
    public func refusal(of id: JobID) -> JobError? {
        if jobs[id] != nil { return JobError(.conflict, "job \(id) is already running") }
        if isDraining { return JobError(.shuttingDown, "the dispatcher is shutting down: send the job again") }
        if jobs.count >= settings.maxJobs {
            return JobError(.busy, "\(jobs.count) jobs are running, the most admitted: send the job again later")
        }
        return nil
    }

    /// Ends a job, whatever its shards are at: leases are given up and their workers told.
    mutating func endJob(_ id: JobID, _ outcome: JobOutcome) {
        guard let job = jobs.removeValue(forKey: id) else { return }
        for case .leased(let token) in job.shards.lazy.map(\.state) {
            if let lease = releaseLease(token) { actions.append(.cancel(worker: lease.worker, lease: token)) }
        }
        if outcome == .done { counters.jobsDone += 1 } else { counters.jobsFailed += 1 }
        actions.append(.finish(id, outcome))
        dropStaleEntries()
    }

    mutating func jobDeadlinePassed(_ id: JobID, sequence: UInt64) {
        guard let job = jobs[id], job.sequence == sequence else { return }
        let timeout = job.submission.timeout.inSeconds
        let done = job.shards.count - job.shardsLeft
        let error =
            liveWorkers == 0
            ? JobError(
                .noWorker,
                "no live worker in the fleet within the job's timeout of \(timeout) s: start one with attn-worker")
            : JobError(
                .deadlineExceeded,
                "\(done) of \(job.shards.count) shards were done when the job's timeout of \(timeout) s passed")
        endJob(id, .failed(error))
    }

    mutating func makeReady(_ key: ShardKey) {
        guard let job = jobs[key.job] else { return }
        ready.insert(
            ReadyEntry(
                priority: job.submission.priority, deadline: job.deadline, sequence: job.sequence, key: key,
                turn: job.shards[key.shard].turn))
    }

    /// Whether a queued entry still speaks of a shard that waits for its turn.
    func isCurrent(_ entry: ReadyEntry) -> Bool { isWaiting(entry.key, turn: entry.turn, sequence: entry.sequence) }

    func isWaiting(_ key: ShardKey, turn: Int, sequence: UInt64? = nil) -> Bool {
        guard let job = jobs[key.job], sequence == nil || job.sequence == sequence else { return false }
        let shard = job.shards[key.shard]
        return shard.state == .waiting && shard.turn == turn
    }
}
