import DequeModule
import Fleet

/// Workers coming, beating and going.
extension Scheduler {
    mutating func workerInfo(_ id: PeerID, _ birth: WorkerBirth, live: Bool, _ now: Instant) {
        var worker = workers[id] ?? WorkerRecord(lastHeard: now)
        let before = worker.birth
        // A kept message may be older than what is known; births only grow.
        if let before, birth.incarnation < before.incarnation { return }
        let wasLive = worker.isLive
        let isReborn = before.map { $0.incarnation < birth.incarnation } ?? false
        if isReborn {
            workers[id] = worker
            loseLeases(of: id, reason: .reborn, now)
            worker = workers[id] ?? worker
        }
        worker.birth = birth
        if let lost = losses.removeValue(forKey: id), lost.incarnation == birth.incarnation {
            forgive(id, lost.shards)
        }
        if live || isReborn { worker.lastHeard = now }
        workers[id] = worker
        if live, !isReborn { loseUnlisted(of: id, held: birth.leases, now) }
        livenessChanged(id, was: wasLive, now)
        if birth.isDraining, before.map({ !$0.isDraining }) ?? true, worker.isOnline { note(.workerDraining(id)) }
    }

    mutating func workerStatus(_ id: PeerID, online: Bool, _ now: Instant) {
        var worker = workers[id] ?? WorkerRecord(lastHeard: now)
        let (wasLive, wasOnline) = (worker.isLive, worker.isOnline)
        worker.isOnline = online
        if online { worker.lastHeard = now }
        workers[id] = worker
        if !online {
            if wasOnline || !worker.leases.isEmpty { loseLeases(of: id, reason: .offline, now) }
            // It announces itself anew if it comes back.
            workers[id] = nil
        }
        livenessChanged(id, was: wasLive, now)
    }

    mutating func heartbeat(
        _ id: PeerID, _ incarnation: Incarnation, _ held: Set<LeaseToken>, _ now: Instant
    ) {
        guard let worker = workers[id], worker.birth?.incarnation == incarnation else { return }
        workers[id]?.lastHeard = now
        // Found silent before, or not heard of since a lost connection: it is back.
        if !worker.isOnline, isConnected { workerStatus(id, online: true, now) }
        for token in sortedLeases(of: id) where !held.contains(token) {
            guard let lease = leases[token] else { continue }
            let isOlderThanConnection = lease.start <= connectedSince
            guard isOlderThanConnection || lease.start.advanced(by: settings.leaseGrace) <= now else { continue }
            leases[token]?.missed += 1
            guard isOlderThanConnection || lease.missed >= 1 else { continue }
            retry(token, counting: .loss, reason: "the task did not arrive", now)
        }
    }

    /// A live birth lists every lease that its worker holds: what is not listed was lost with a connection.
    private mutating func loseUnlisted(of id: PeerID, held: Set<LeaseToken>, _ now: Instant) {
        for token in sortedLeases(of: id) where !held.contains(token) {
            retry(token, counting: .loss, reason: "the task did not arrive", now)
        }
    }

    mutating func loseLeases(of id: PeerID, reason: LossReason, _ now: Instant) {
        guard let worker = workers[id] else { return }
        if worker.birth != nil {
            counters.workersLost += 1
            note(.workerLost(id, reason: reason))
        }
        let held = sortedLeases(of: id)
        if let incarnation = worker.birth?.incarnation, !held.isEmpty {
            losses[id] = Loss(incarnation: incarnation, shards: held.compactMap { leases[$0]?.key })
        }
        for token in held {
            retry(token, counting: .death, reason: "\(id) \(reason.rawValue)", now)
        }
    }

    /// The worker was not dead after all: the same life is back, as after a broker's shutdown, which publishes every
    /// will. Nothing died of the shards that it held.
    private mutating func forgive(_ id: PeerID, _ shards: [ShardKey]) {
        for key in shards where jobs[key.job] != nil {
            jobs[key.job]?.shards[key.shard].deaths.remove(id)
        }
    }

    /// In the order of granting, so that a run with the same seed does the same.
    private func sortedLeases(of id: PeerID) -> [LeaseToken] {
        (workers[id]?.leases ?? []).sorted { $0.number < $1.number }
    }

    private mutating func livenessChanged(_ id: PeerID, was wasLive: Bool, _ now: Instant) {
        let worker = workers[id]
        let isLive = worker?.isLive ?? false
        if isLive, !wasLive {
            liveWorkers += 1
            note(.workerJoined(id, slots: worker?.birth?.slots ?? 0))
        } else if wasLive, !isLive {
            liveWorkers -= 1
        }
        if isLive {
            standInLine(id)
            watch(id)
        }
    }

    /// Sets the one watchdog timer of a worker.
    private mutating func watch(_ id: PeerID) {
        guard let worker = workers[id], !worker.isWatched else { return }
        workers[id]?.isWatched = true
        setTimer(.workerWatchdog(id), at: worker.lastHeard.advanced(by: settings.silence))
    }

    mutating func watchdogFired(_ id: PeerID, _ now: Instant) {
        guard let worker = workers[id] else { return }
        workers[id]?.isWatched = false
        guard isConnected, worker.isOnline || !worker.leases.isEmpty else { return }
        if worker.lastHeard.advanced(by: settings.silence) <= now {
            let wasLive = worker.isLive
            workers[id]?.isOnline = false
            loseLeases(of: id, reason: .silent, now)
            livenessChanged(id, was: wasLive, now)
        } else {
            watch(id)
        }
    }

    /// Without a connection nothing can be said of any worker: none is live, none is lost.
    mutating func connectionLost() {
        isConnected = false
        for id in workers.keys {
            workers[id]?.isOnline = false
        }
        liveWorkers = 0
    }

    /// Workers are heard of again, or found silent in a while.
    mutating func connectionRestored(_ now: Instant) {
        isConnected = true
        connectedSince = now
        for id in workers.keys.sorted() {
            workers[id]?.lastHeard = now
            if workers[id]?.leases.isEmpty == false { watch(id) }
        }
    }
}
