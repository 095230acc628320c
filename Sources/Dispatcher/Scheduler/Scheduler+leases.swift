import DequeModule
import Fleet
import HeapModule

/// Leasing shards to workers, and what comes back.
extension Scheduler {
    /// Leases ready shards while workers have credit: idle slots first, then prefetch.
    mutating func assign(_ now: Instant) {
        guard isConnected else { return }
        var setAside: [ReadyEntry] = []
        // A shard that only its last worker could take waits for another; a few such must not hold up the rest.
        while setAside.count < 64, let entry = ready.min {
            guard isCurrent(entry) else {
                ready.removeMin()
                continue
            }
            let last = jobs[entry.key.job]?.shards[entry.key.shard].lastWorker
            guard let worker = pickWorker(avoiding: last, now) else {
                guard last != nil, hasCreditInLine(now) else { break }
                setAside.append(ready.removeMin())
                continue
            }
            ready.removeMin()
            grantLease(on: entry.key, to: worker, now)
        }
        for entry in setAside { ready.insert(entry) }
    }

    private func hasCreditInLine(_ now: Instant) -> Bool {
        line.contains { workers[$0]?.hasCredit(at: now) ?? false }
    }

    /// The worker longest in line with an idle slot, or else with credit. `last`, which had this shard before, is
    /// passed over while any other worker lives.
    private mutating func pickWorker(avoiding last: PeerID?, _ now: Instant) -> PeerID? {
        leaveLine(now)
        let avoided = liveWorkers > 1 ? last : nil
        let place =
            line.firstIndex { $0 != avoided && workers[$0]?.hasIdleSlot(at: now) ?? false }
            ?? line.firstIndex { $0 != avoided && workers[$0]?.hasCredit(at: now) ?? false }
        guard let place else { return nil }
        let id = line.remove(at: place)
        workers[id]?.isInLine = false
        return id
    }

    /// Lets those at the front go who have no credit; they stand in line again when they have.
    private mutating func leaveLine(_ now: Instant) {
        while let first = line.first, !(workers[first]?.hasCredit(at: now) ?? false) {
            line.removeFirst()
            workers[first]?.isInLine = false
        }
    }

    mutating func standInLine(_ id: PeerID) {
        guard let worker = workers[id], !worker.isInLine, worker.isLive, worker.leases.count < worker.credits
        else { return }
        workers[id]?.isInLine = true
        line.append(id)
    }

    private mutating func grantLease(on key: ShardKey, to id: PeerID, _ now: Instant) {
        guard let incarnation = workers[id]?.birth?.incarnation, let job = jobs[key.job] else { return }
        lastLease += 1
        let token = LeaseToken(epoch: epoch, number: lastLease)
        let attempt = job.shards[key.shard].attempts + 1
        jobs[key.job]?.shards[key.shard].attempts = attempt
        jobs[key.job]?.shards[key.shard].lastWorker = id
        jobs[key.job]?.shards[key.shard].state = .leased(token)
        leases[token] = Lease(key: key, worker: id, incarnation: incarnation, attempt: attempt, start: now)
        workers[id]?.leases.insert(token)
        standInLine(id)
        setTimer(.leaseExpiry(token), at: now.advanced(by: job.submission.leaseDuration))
        counters.tasksSent += 1
        actions.append(
            .send(Assignment(key: key, worker: id, incarnation: incarnation, lease: token, attempt: attempt)))
    }

    /// Takes a lease off the tables; nil if it had ended.
    mutating func releaseLease(_ token: LeaseToken) -> Lease? {
        guard let lease = leases.removeValue(forKey: token) else { return nil }
        workers[lease.worker]?.leases.remove(token)
        standInLine(lease.worker)
        return lease
    }

    mutating func taskEnded(_ end: TaskEnd, _ now: Instant) {
        if workers[end.worker]?.birth?.incarnation == end.incarnation { workers[end.worker]?.lastHeard = now }
        guard let lease = leases[end.lease], lease.worker == end.worker, lease.incarnation == end.incarnation else {
            counters.resultsDropped += 1
            note(.resultDropped(worker: end.worker, lease: end.lease))
            return
        }
        switch end.outcome {
        case .done: shardDone(end.lease)
        case .refused(let code):
            pause(end.worker, now)
            retry(end.lease, counting: .refusal, reason: "\(end.worker) refused: \(code)", now)
        case .failed(let code, let message):
            retry(end.lease, counting: .failure, reason: "\(end.worker) failed: \(code): \(message)", now)
        case .invalid(let reason):
            counters.resultsInvalid += 1
            retry(end.lease, counting: .failure, reason: "\(end.worker) gave an invalid result: \(reason)", now)
        }
    }

    private mutating func shardDone(_ token: LeaseToken) {
        guard let lease = releaseLease(token) else { return }
        jobs[lease.key.job]?.shards[lease.key.shard].state = .done
        jobs[lease.key.job]?.shardsLeft -= 1
        counters.shardsDone += 1
        actions.append(.keep(lease.key))
        note(.shardDone(lease.key, worker: lease.worker, attempt: lease.attempt))
        if jobs[lease.key.job]?.shardsLeft == 0 { endJob(lease.key.job, .done) }
    }

    mutating func sendFailed(_ token: LeaseToken, _ now: Instant) {
        retry(token, counting: .refusal, reason: "the task could not be sent", now)
    }

    mutating func leaseExpired(_ token: LeaseToken, _ now: Instant) {
        guard let lease = leases[token] else { return }
        actions.append(.cancel(worker: lease.worker, lease: token))
        retry(token, counting: .failure, reason: "\(lease.worker) missed its lease", now)
    }

    /// A worker that refused is full or leaving: it gets nothing for a short while.
    private mutating func pause(_ id: PeerID, _ now: Instant) {
        let until = now.advanced(by: settings.backOff)
        workers[id]?.pausedUntil = until
        setTimer(.workerResume(id), at: until)
    }

    mutating func workerResumed(_ id: PeerID, _ now: Instant) {
        if let until = workers[id]?.pausedUntil, until <= now { workers[id]?.pausedUntil = nil }
        standInLine(id)
    }
}
