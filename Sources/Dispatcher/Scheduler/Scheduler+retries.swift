import Fleet

/// Ends an attempt without a partial: the shard waits for another worker, or its job fails.
extension Scheduler {
    /// Whose fault the lost attempt was.
    enum Fault {
        /// Nobody's: the task got lost on its way, or its worker is no longer trusted.
        case loss
        /// The worker died or left while holding it.
        case death
        /// The worker did not take it.
        case refusal
        /// The worker lacks what the task refers to; the next one has it.
        case missing
        /// The attempt itself failed, was invalid or took too long.
        case failure
    }

    mutating func retry(_ number: UInt64, counting fault: Fault, reason: String, _ now: Instant) {
        guard let lease = releaseLease(number) else { return }
        let (job, worker) = (lease.job, workers[lease.worker].id)
        var shard = jobs[job].shards[lease.shard]
        switch fault {
        case .loss: break
        case .death: if !shard.deaths.contains(worker) { shard.deaths.append(worker) }
        case .refusal, .missing: shard.refusals += 1
        case .failure: shard.failures += 1
        }
        let others = shard.leases.filter { $0 != number }
        shard.state = others.first.map { .leased($0, hedge: nil) } ?? .waiting
        if others.isEmpty { shard.turn += 1 }
        jobs[job].shards[lease.shard] = shard
        counters.shardsRetried += 1
        let key = key(lease)
        note(.shardRetried(key, worker: worker, attempt: lease.attempt, reason: reason))
        if let error = verdict(on: shard, key, reason: reason) { return endJob(job, .failed(error)) }
        // With the other worker still at it there is nothing to wait for.
        guard others.isEmpty else { return }
        switch fault {
        case .loss, .death: makeReady(job, lease.shard)
        // At once, but not for ever.
        case .missing where shard.refusals == 1: makeReady(job, lease.shard)
        case .missing: setRetry(job, lease.shard, shard.turn, after: shard.refusals, now)
        case .refusal: setRetry(job, lease.shard, shard.turn, after: shard.refusals, now)
        case .failure: setRetry(job, lease.shard, shard.turn, after: shard.failures, now)
        }
    }

    private func verdict(on shard: ShardRecord, _ key: ShardKey, reason: String) -> JobError? {
        if shard.deaths.count >= settings.maxDeaths {
            let names = shard.deaths.sorted().map(\.text).joined(separator: ", ")
            return JobError(
                .poison, "shard \(key.shard) was running on \(names) as each of them died: it is not tried again")
        }
        if shard.failures >= settings.maxAttempts {
            return JobError(.shardFailed, "shard \(key.shard) failed \(shard.failures) times, the last time: \(reason)")
        }
        return nil
    }

    /// Exponential back-off with up to as much again of jitter.
    private mutating func setRetry(_ job: Int, _ shard: Int, _ turn: Int, after count: Int, _ now: Instant) {
        let base = settings.backOff(after: count)
        let jitter = Int64.random(in: 0...max(base.nanoseconds, 0), using: &random)
        let kind = TimerEntry.Kind.retry(job, sequence: jobs[job].sequence, shard: shard, turn: turn)
        setTimer(kind, at: now.advanced(by: base + .nanoseconds(jitter)))
    }
}
