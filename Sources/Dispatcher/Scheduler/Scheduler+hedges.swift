import Fleet

/// Hedged requests (Dean and Barroso, "The Tail at Scale", 2013): a shard that takes longer than most of its kind do at
/// that worker is sent to a second one, and the first valid result wins.
extension Scheduler {
    /// Takes note of how long an attempt took, or, if it was given up, at least took.
    mutating func learn(_ lease: Lease, _ now: Instant) {
        let shape = jobs[lease.job].submission.shapeClass
        let latency = lease.start.duration(to: now)
        workers[lease.worker].latencies.record(latency, shape)
        // Half an octave a class: there are no more than a few hundred.
        latencies[shape, default: LatencyDigest()].record(latency)
    }

    mutating func watchForHedge(_ number: UInt64, _ lease: Lease, _ now: Instant) {
        guard let patience = patience(with: lease) else { return }
        let due = now.advanced(by: patience)
        // A lease that ends sooner needs no hedge.
        guard due < now.advanced(by: jobs[lease.job].submission.leaseDuration) else { return }
        setTimer(.hedge(number), at: due)
    }

    /// What nearly all attempts at such a shard took, at this worker or, if it is new, at all; nil if that is not known.
    private func patience(with lease: Lease) -> Duration? {
        let shape = jobs[lease.job].submission.shapeClass
        let known = [workers[lease.worker].latencies[shape], latencies[shape]]
        let digest = known.lazy.compactMap { $0 }.first { $0.count >= settings.hedgeSamples }
        return digest?.quantile(settings.hedgeQuantile).map { max($0, settings.hedgeFloor) }
    }

    mutating func hedgeDue(_ number: UInt64, _ now: Instant) {
        guard let lease = leases[number], jobs[lease.job].shards[lease.shard].leases == [number] else { return }
        guard isConnected, let worker = workerForHedge(of: lease, now) else {
            // Nobody is idle, or hedging would not help: looked at again when as much time has passed as by now.
            let due = now.advanced(by: lease.start.duration(to: now))
            if due < lease.start.advanced(by: jobs[lease.job].submission.leaseDuration) {
                setTimer(.hedge(number), at: due)
            }
            return
        }
        counters.hedges += 1
        grantLease(on: lease.job, lease.shard, to: worker, isHedge: true, now)
        note(.shardHedged(key(lease), worker: workers[worker].id, after: lease.start.duration(to: now)))
    }

    /// An idle worker, while no shard waits for one and the budget lasts.
    private mutating func workerForHedge(of lease: Lease, _ now: Instant) -> Int? {
        guard mostUrgentReady() == nil, let worker = idleWorker(besides: lease, now) else { return nil }
        guard hedgeBudget.spend() else {
            standInLine(worker)
            return nil
        }
        return worker
    }

    /// One that holds what the shard needs: to fetch it would take longer than nearly any attempt. Once half of the lease is
    /// over, anyone.
    private mutating func idleWorker(besides lease: Lease, _ now: Instant) -> Int? {
        let job = jobs[lease.job]
        guard let key = job.residencyKey(of: lease.shard),
            lease.start.duration(to: now) * 2 < job.submission.leaseDuration
        else { return idle.takeFirst(avoiding: lease.worker, &workers, at: now) }
        let own = workers[lease.worker].id
        return residency.holder(of: key, workers) { $0.id != own && $0.hasIdleSlot(at: now) }
    }
}
