import Fleet

/// What comes back of a lease.
extension Scheduler {
    mutating func taskEnded(_ end: TaskEnd, _ now: Instant) {
        let sender = workers.slot(of: end.worker)
        if let sender, workers[sender].birth?.incarnation == end.incarnation {
            workers[sender].lastHeard = now
            if isProbe(end.lease, at: end.worker) { return probeEnded(end, now) }
        }
        guard let lease = lease(end.lease), lease.worker == sender, lease.incarnation == end.incarnation else {
            counters.resultsDropped += 1
            note(.resultDropped(worker: end.worker, lease: end.lease))
            return
        }
        transits.note(end.transit, now)
        let number = end.lease.number
        switch end.outcome {
        case .done: shardDone(number, now)
        case .refused(let code):
            pause(lease.worker, now)
            retry(number, counting: .refusal, reason: "\(end.worker) refused: \(code)", now)
        case .missing: retry(number, counting: .missing, reason: "\(end.worker) lacks its keys and values", now)
        case .failed(let code, let message):
            retry(number, counting: .failure, reason: "\(end.worker) failed: \(code): \(message)", now)
        case .invalid(let reason):
            counters.resultsInvalid += 1
            retry(number, counting: .failure, reason: "\(end.worker) gave an invalid result: \(reason)", now)
            setAside(lease.worker, reason: reason, now)
        }
    }

    private mutating func shardDone(_ number: UInt64, _ now: Instant) {
        guard let lease = releaseLease(number) else { return }
        learn(lease, now)
        if let key = jobs[lease.job].residencyKey(of: lease.shard) { residency.note(key, at: lease.worker, workers) }
        for other in jobs[lease.job].shards[lease.shard].leases where other != number {
            if let loser = leases[other] { learn(loser, now) }
            giveUp(other)
        }
        jobs[lease.job].shards[lease.shard].state = .done
        counters.shardsDone += 1
        if lease.isHedge { counters.hedgesWon += 1 }
        let key = key(lease)
        actions.append(.keep(key))
        note(.shardDone(key, worker: workers[lease.worker].id, attempt: lease.attempt))
        countDone(lease.job, now)
    }

    mutating func sendFailed(_ token: LeaseToken, _ now: Instant) {
        if token.epoch == epoch, probes[token.number] != nil { return probeLost(token.number, now) }
        guard token.epoch == epoch else { return }
        retry(token.number, counting: .refusal, reason: "the task could not be sent", now)
    }

    mutating func leaseExpired(_ number: UInt64, _ now: Instant) {
        guard let lease = leases[number] else { return }
        // It began to wait for its way before it was known how long that is.
        let due = lease.start.advanced(by: jobs[lease.job].submission.leaseDuration + allowance(for: lease, now))
        guard due <= now else { return setTimer(.leaseExpiry(number), at: due) }
        let id = workers[lease.worker].id
        learn(lease, now)
        actions.append(.cancel(worker: id, lease: token(number)))
        retry(number, counting: .failure, reason: "\(id) missed its lease", now)
    }

    /// What a task's and a result's way may take besides: twice of what was predicted, or of what others took lately.
    ///
    /// Where the broker or a link is behind, tasks that were given up would be sent again behind themselves, and make it worse.
    /// What others took is bounded: workers say it, and may lie.
    func allowance(for lease: Lease, _ now: Instant) -> Duration {
        max(jobs[lease.job].submission.transit, min(transits.longest(now), settings.mostTransit)) * 2
    }

    /// A worker that refused is full or leaving: it gets nothing for a short while.
    private mutating func pause(_ slot: Int, _ now: Instant) {
        let until = now.advanced(by: settings.backOff)
        workers[slot].pausedUntil = until
        setTimer(.workerResume(slot, generation: workers[slot].generation), at: until)
    }

    mutating func workerResumed(_ slot: Int, generation: UInt32, _ now: Instant) {
        guard workers[slot].generation == generation else { return }
        if let until = workers[slot].pausedUntil, until <= now { workers[slot].pausedUntil = nil }
        standInLine(slot)
    }
}
