import Fleet
import HeapModule

/// Which waiting shard goes to which worker.
extension Scheduler {
    /// Leases ready shards while workers have credit: idle slots first, then prefetch.
    mutating func assign(_ now: Instant) {
        guard isConnected else { return }
        serveReservations(urgentOnly: true, now)
        assignAnyones(now)
        serveReservations(urgentOnly: false, now)
    }

    private mutating func assignAnyones(_ now: Instant) {
        // A shard that only its last worker could take waits for another; a few such must not hold up the rest.
        var postponed: [ReadyEntry] = []
        while postponed.count < 16, let entry = nextReady() {
            if place(entry, now) { continue }
            guard let avoided = avoidedWorker(entry), workers[avoided].hasCredit(at: now) else { break }
            // Found as the oldest, it is left for its turn by urgency.
            guard entry == ready.mostUrgent else {
                grantsSinceElder = 0
                continue
            }
            ready.dropMostUrgent()
            postponed.append(entry)
        }
        ready.putBack(postponed)
    }

    /// The most urgent shard; once in a while the one that has waited longest.
    private mutating func nextReady() -> ReadyEntry? {
        if grantsSinceElder >= settings.elderShare, let oldest = oldestReady() { return oldest }
        return mostUrgentReady()
    }

    /// The most urgent shard that waits.
    mutating func mostUrgentReady() -> ReadyEntry? {
        while let entry = ready.mostUrgent {
            if isCurrent(entry) { return entry }
            ready.dropMostUrgent()
        }
        return nil
    }

    private mutating func oldestReady() -> ReadyEntry? {
        while let entry = ready.oldest {
            if isCurrent(entry) { return entry }
            ready.dropOldest()
        }
        return nil
    }

    /// Leases a shard if there is a worker for it.
    private mutating func place(_ entry: ReadyEntry, _ now: Instant) -> Bool {
        guard let worker = pickWorker(for: entry, now) else { return false }
        grantsSinceElder = entry == ready.oldest ? 0 : grantsSinceElder + 1
        grantLease(on: entry.job, entry.shard, to: worker, isHedge: false, now)
        return true
    }

    /// The worker that had this shard before is passed over while any other lives.
    private func avoidedWorker(_ entry: ReadyEntry) -> Int? {
        guard liveWorkers > 1, let last = jobs[entry.job].shards[entry.shard].lastWorker else { return nil }
        return workers.slot(of: last)
    }

    /// The worker longest in line with an idle slot, or else with credit; of either kind first one that holds what the shard
    /// needs. An idle one that has to fetch it comes before a busy one that has it: the fetch is paid once.
    private mutating func pickWorker(for entry: ReadyEntry, _ now: Instant) -> Int? {
        let avoided = avoidedWorker(entry)
        guard let key = jobs[entry.job].residencyKey(of: entry.shard) else {
            return idle.takeFirst(avoiding: avoided, &workers, at: now)
                ?? spare.takeFirst(avoiding: avoided, &workers, at: now)
        }
        let avoidedID = avoided.map { workers[$0].id }
        return residency.holder(of: key, workers) { $0.id != avoidedID && $0.hasIdleSlot(at: now) }
            ?? idle.takeFirst(avoiding: avoided, &workers, at: now)
            ?? residency.holder(of: key, workers) { $0.id != avoidedID && $0.hasCredit(at: now) }
            ?? spare.takeFirst(avoiding: avoided, &workers, at: now)
    }

    /// Lets a worker wait for tasks, as far as it can take any.
    mutating func standInLine(_ slot: Int) {
        guard workers[slot].isLive, workers[slot].leases.count < workers[slot].credits else { return }
        if !workers[slot].reserved.isEmpty { toServe.insert(slot) }
        guard workers[slot].isAnyones else { return }
        spare.join(slot, &workers)
        if workers[slot].leases.count < workers[slot].slots { idle.join(slot, &workers) }
    }

    mutating func grantLease(on job: Int, _ shard: Int, to worker: Int, isHedge: Bool, _ now: Instant) {
        guard let incarnation = workers[worker].birth?.incarnation else { return }
        lastLease += 1
        let number = lastLease
        let id = workers[worker].id
        jobs[job].shards[shard].attempts += 1
        jobs[job].shards[shard].lastWorker = id
        if case .leased(let first, _) = jobs[job].shards[shard].state {
            jobs[job].shards[shard].state = .leased(first, hedge: number)
        } else {
            jobs[job].shards[shard].state = .leased(number, hedge: nil)
        }
        let lease = Lease(
            job: job, shard: shard, worker: worker, incarnation: incarnation,
            attempt: jobs[job].shards[shard].attempts, start: now, isHedge: isHedge)
        leases[number] = lease
        workers[worker].leases.append(number)
        standInLine(worker)
        setTimer(
            .leaseExpiry(number), at: now.advanced(by: jobs[job].submission.leaseDuration + allowance(for: lease, now)))
        if !isHedge { watchForHedge(number, lease, now) }
        counters.tasksSent += 1
        hedgeBudget.earn()
        actions.append(
            .send(
                Assignment(
                    key: key(lease), worker: id, incarnation: incarnation, lease: token(number),
                    attempt: lease.attempt, isHedge: isHedge)))
    }

    /// Takes a lease off the tables; nil if it had ended.
    mutating func releaseLease(_ number: UInt64) -> Lease? {
        guard let lease = leases.removeValue(forKey: number) else { return nil }
        if let place = workers[lease.worker].leases.firstIndex(of: number) {
            workers[lease.worker].leases.remove(at: place)
        }
        standInLine(lease.worker)
        return lease
    }
}
