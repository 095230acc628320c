import Fleet
import HeapModule

/// What must hold between the tables after every event, looked through whole: for simulations and tests.
extension Scheduler {
    func invariantViolations(at now: Instant) -> [String] {
        leaseViolations() + shardViolations() + workerViolations(now) + queueViolations()
    }

    private func leaseViolations() -> [String] {
        leases.flatMap { number, lease -> [String] in
            var found: [String] = []
            if !workers[lease.worker].leases.contains(number) {
                found.append("lease \(number) is not listed at its worker")
            }
            if !jobs[lease.job].shards[lease.shard].leases.contains(number) {
                found.append("lease \(number) is not listed at its shard")
            }
            if workers[lease.worker].birth?.incarnation != lease.incarnation {
                found.append("lease \(number) is of another life of \(workers[lease.worker].id)")
            }
            return found
        }
    }

    private func shardViolations() -> [String] {
        var (open, found): (Int, [String]) = (0, [])
        for slot in jobs.occupied {
            let job = jobs[slot]
            let left = job.shards.count { $0.state != .done }
            open += left
            if left != job.shardsLeft { found.append("job \(job.submission.id) has \(left) shards left") }
            for (index, shard) in job.shards.enumerated()
            where (shard.state == .blocked) != (index >= job.stageShards.upperBound) {
                found.append("shard \(index) is out of step with stage \(job.stage) of job \(job.submission.id)")
            }
            if job.shards[..<job.stageShards.lowerBound].contains(where: { $0.state != .done }) {
                found.append("job \(job.submission.id) is at stage \(job.stage), and an earlier one is not done")
            }
            if left == 0 { found.append("job \(job.submission.id) has no shard left, and has not ended") }
            for (index, shard) in job.shards.enumerated() {
                let held = shard.leases.compactMap { leases[$0] }
                if held.count != shard.leases.count { found.append("shard \(index) is leased under no lease") }
                if Set(held.map(\.worker)).count != held.count { found.append("shard \(index) is twice at a worker") }
            }
        }
        if open != openShards { found.append("\(open) shards are open, and \(openShards) counted") }
        return found
    }

    private func workerViolations(_ now: Instant) -> [String] {
        var (live, slots, found): (Int, Int, [String]) = (0, 0, [])
        for slot in workers.occupied {
            let worker = workers[slot]
            if worker.isAnyones { (live, slots) = (live + 1, slots + worker.slots) }
            if !worker.reserved.isEmpty, !reservedAt.contains(slot) {
                found.append("\(worker.id) has reserved shards that are not noted")
            }
            if worker.leases.count > worker.credits { found.append("\(worker.id) has more leases than credits") }
            if worker.leases.contains(where: { leases[$0] == nil }) { found.append("\(worker.id) has an ended lease") }
            if worker.isSetAside != (setAside[worker.id] != nil) { found.append("\(worker.id) is half set aside") }
            if worker.isSetAside, !worker.leases.isEmpty { found.append("\(worker.id) is set aside, and has leases") }
            if worker.isAnyones, worker.hasIdleSlot(at: now), !worker.isInIdleLine {
                found.append("\(worker.id) is idle, and in no line")
            }
            if worker.isAnyones, worker.hasCredit(at: now), !worker.isInSpareLine {
                found.append("\(worker.id) has credit, and is in no line")
            }
            if worker.isPresent, !worker.isWatched { found.append("\(worker.id) is not watched") }
        }
        if slots != liveSlots { found.append("\(slots) slots are live, and \(liveSlots) counted") }
        if live != liveWorkers { found.append("\(live) workers are live, and \(liveWorkers) counted") }
        return found
    }

    /// Every waiting shard is in the queue, or a timer will put it there: none is forgotten.
    private func queueViolations() -> [String] {
        struct Place: Hashable {
            let job: Int
            let shard: Int
        }
        var places: Set<Place> = []
        for entry in ready.byUrgency.unordered where isCurrent(entry) {
            places.insert(Place(job: entry.job, shard: entry.shard))
        }
        for slot in workers.occupied {
            for entry in workers[slot].reserved.unordered where isReserved(entry, at: slot) {
                places.insert(Place(job: entry.job, shard: entry.shard))
            }
        }
        for timer in timers.unordered {
            if case .reservations(let job, let sequence, let stage) = timer.kind,
                jobs.contains(job, sequence: sequence), jobs[job].stage == stage
            {
                for shard in jobs[job].stageShards where jobs[job].shards[shard].reservedAt != nil {
                    places.insert(Place(job: job, shard: shard))
                }
            }
            guard case .retry(let job, let sequence, let shard, let turn) = timer.kind,
                isWaiting(job, sequence: sequence, shard: shard, turn: turn)
            else { continue }
            places.insert(Place(job: job, shard: shard))
        }
        var found: [String] = []
        for slot in jobs.occupied {
            for (index, shard) in jobs[slot].shards.enumerated() where shard.state == .waiting {
                if !places.contains(Place(job: slot, shard: index)) {
                    found.append("shard \(index) of job \(jobs[slot].submission.id) waits for nothing")
                }
            }
        }
        return found
    }
}
