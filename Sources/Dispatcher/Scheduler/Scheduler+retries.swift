import Fleet

/// Ends an attempt without a partial: the shard waits for another worker, or its job fails.
extension Scheduler {
    /// Whose fault the lost attempt was.
    enum Fault {
        /// Nobody's: the task got lost on its way.
        case loss
        /// The worker died or left while holding it.
        case death
        /// The worker did not take it.
        case refusal
        /// The attempt itself failed, was invalid or took too long.
        case failure
    }

    mutating func retry(_ token: LeaseToken, counting fault: Fault, reason: String, _ now: Instant) {
        guard let lease = releaseLease(token), var shard = jobs[lease.key.job]?.shards[lease.key.shard] else { return }
        shard.state = .waiting
        shard.turn += 1
        switch fault {
        case .loss: break
        case .death: shard.deaths.insert(lease.worker)
        case .refusal: shard.refusals += 1
        case .failure: shard.failures += 1
        }
        jobs[lease.key.job]?.shards[lease.key.shard] = shard
        counters.shardsRetried += 1
        note(.shardRetried(lease.key, worker: lease.worker, attempt: lease.attempt, reason: reason))
        if let error = verdict(on: shard, lease.key, reason: reason) {
            endJob(lease.key.job, .failed(error))
            return
        }
        switch fault {
        case .loss, .death: makeReady(lease.key)
        case .refusal: setRetry(lease.key, turn: shard.turn, afterFailures: shard.refusals, now)
        case .failure: setRetry(lease.key, turn: shard.turn, afterFailures: shard.failures, now)
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
    private mutating func setRetry(_ key: ShardKey, turn: Int, afterFailures failures: Int, _ now: Instant) {
        let base = min(settings.backOff * (1 << min(max(failures - 1, 0), 20)), settings.maxBackOff)
        let jitter = Int64.random(in: 0...max(base.nanoseconds, 0), using: &random)
        setTimer(.retry(key, turn: turn), at: now.advanced(by: base + .nanoseconds(jitter)))
    }
}
