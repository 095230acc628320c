import Fleet

/// Jobs coming and ending.
extension Scheduler {
    mutating func submit(_ submission: JobSubmission, _ now: Instant) {
        counters.jobsStarted += 1
        let sequence = nextSequence()
        let slot = jobs.insert(JobRecord(submission, sequence: sequence))
        openShards += submission.shards
        setTimer(.jobDeadline(slot, sequence: sequence), at: submission.deadline)
        startStage(slot, now)
        if submission.shards == 0 { endJob(slot, .done) }
    }

    /// Lets the shards of a job's stage wait for workers.
    private mutating func startStage(_ slot: Int, _ now: Instant) {
        var hasReservations = false
        let shards = jobs[slot].stageShards
        jobs[slot].stageLeft = shards.count
        for shard in shards {
            jobs[slot].shards[shard].state = .waiting
            if reserve(slot, shard) { hasReservations = true } else { makeReady(slot, shard) }
        }
        if hasReservations { setReservationTimer(slot, now) }
    }

    /// Counts a shard that is done, and goes on to the next stage, or ends the job, when it was the last.
    mutating func countDone(_ slot: Int, _ now: Instant) {
        openShards -= 1
        jobs[slot].shardsLeft -= 1
        jobs[slot].stageLeft -= 1
        if jobs[slot].shardsLeft == 0 { return endJob(slot, .done) }
        guard jobs[slot].stageLeft == 0 else { return }
        jobs[slot].stage += 1
        startStage(slot, now)
    }

    mutating func cancel(_ id: JobID, _ error: JobError, _ now: Instant) {
        if let slot = jobs.slot(of: id) { endJob(slot, .failed(error)) }
    }

    /// Ends a job, whatever its shards are at: leases are given up and their workers told.
    mutating func endJob(_ slot: Int, _ outcome: JobOutcome) {
        for shard in jobs[slot].shards {
            for number in shard.leases { giveUp(number) }
        }
        let job = jobs.remove(slot)
        openShards -= job.shardsLeft
        if outcome == .done { counters.jobsDone += 1 } else { counters.jobsFailed += 1 }
        actions.append(.finish(job.submission.id, outcome))
        dropStaleEntries()
    }

    /// Ends a lease whose result is no longer wanted, and tells its worker.
    mutating func giveUp(_ number: UInt64) {
        guard let lease = releaseLease(number) else { return }
        actions.append(.cancel(worker: workers[lease.worker].id, lease: token(number)))
    }

    mutating func jobDeadlinePassed(_ slot: Int, sequence: UInt64) {
        guard jobs.contains(slot, sequence: sequence) else { return }
        endJob(slot, .failed(deadlineError(jobs[slot])))
    }

    private func deadlineError(_ job: JobRecord) -> JobError {
        if liveWorkers > 0 {
            let done = job.shards.count - job.shardsLeft
            return JobError(
                .deadlineExceeded, "\(done) of \(job.shards.count) shards were done when the job's time had passed")
        }
        let present = workers.occupied.first { workers[$0].isPresent }
        guard let name = present.map({ workers[$0].id }), let reason = setAside[name]?.reason else {
            return JobError(
                .noWorker, "no live worker in the fleet within the job's time: start one with attn-worker")
        }
        return JobError(.noWorker, "no trusted worker in the fleet: \(name) is set aside, since \(reason)")
    }

    /// Lets a shard wait for anyone.
    mutating func makeReady(_ slot: Int, _ shard: Int) {
        jobs[slot].shards[shard].reservedAt = nil
        ready.insert(entry(slot, shard))
    }

    func entry(_ slot: Int, _ shard: Int) -> ReadyEntry {
        let job = jobs[slot].submission
        return ReadyEntry(
            priority: job.priority, deadline: job.deadline, sequence: jobs[slot].sequence, job: slot, shard: shard,
            turn: jobs[slot].shards[shard].turn)
    }

    /// Whether a queued entry still speaks of a shard that waits for its turn.
    func isCurrent(_ entry: ReadyEntry) -> Bool {
        isWaiting(entry.job, sequence: entry.sequence, shard: entry.shard, turn: entry.turn)
    }

    func isWaiting(_ slot: Int, sequence: UInt64, shard: Int, turn: Int) -> Bool {
        guard jobs.contains(slot, sequence: sequence) else { return false }
        return jobs[slot].shards[shard].turn == turn && jobs[slot].shards[shard].state == .waiting
    }
}
