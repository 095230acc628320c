import Fleet

/// Workers coming, beating and going.
extension Scheduler {
    mutating func workerInfo(_ id: PeerID, _ birth: WorkerBirth, live: Bool, _ now: Instant) {
        let slot = slot(of: id, now)
        let before = workers[slot].birth
        // A kept message may be older than what is known; births only grow.
        if let before, birth.incarnation < before.incarnation { return }
        let wasLive = workers[slot].isLive
        let isReborn = before.map { $0.incarnation < birth.incarnation } ?? false
        if isReborn {
            loseLeases(of: slot, reason: .reborn, now)
            workers[slot].latencies = LatencyTable()
        }
        workers[slot].birth = birth
        workers.takesReservedOnly(slot, birth.takesReservedOnly)
        if let lost = losses.removeValue(forKey: id), lost.incarnation == birth.incarnation {
            forgive(id, lost.shards)
        }
        if live || isReborn { workers[slot].lastHeard = now }
        if live, !isReborn { loseUnlisted(of: slot, held: birth.leases, now) }
        livenessChanged(slot, was: wasLive)
        probeDue(id, now)
        if birth.isDraining, before.map({ !$0.isDraining }) ?? true, workers[slot].isOnline {
            note(.workerDraining(id))
        }
    }

    mutating func workerStatus(_ id: PeerID, online: Bool, _ now: Instant) {
        let slot = slot(of: id, now)
        let (wasLive, wasOnline) = (workers[slot].isLive, workers[slot].isOnline)
        workers[slot].isOnline = online
        if online { workers[slot].lastHeard = now }
        if !online, wasOnline || !workers[slot].leases.isEmpty { loseLeases(of: slot, reason: .offline, now) }
        livenessChanged(slot, was: wasLive)
        if online {
            probeDue(id, now)
        } else {
            // It announces itself anew if it comes back.
            workers.remove(slot)
        }
    }

    /// The worker's slot; made if it is not known, and as little trusted as before.
    private mutating func slot(of id: PeerID, _ now: Instant) -> Int {
        if let slot = workers.slot(of: id) { return slot }
        let slot = workers.slot(of: id, at: now)
        workers[slot].isSetAside = setAside[id] != nil
        return slot
    }

    mutating func heartbeat(_ id: PeerID, _ incarnation: Incarnation, _ held: [LeaseToken], _ now: Instant) {
        guard let slot = workers.slot(of: id), workers[slot].birth?.incarnation == incarnation else { return }
        workers[slot].lastHeard = now
        // Found silent before, or not heard of since a lost connection: it is back.
        if !workers[slot].isOnline, isConnected { workerStatus(id, online: true, now) }
        for number in workers[slot].leases where !held.contains(token(number)) {
            guard let lease = leases[number] else { continue }
            let isOlderThanConnection = lease.start <= connectedSince
            let grace = max(settings.leaseGrace, allowance(for: lease, now))
            guard isOlderThanConnection || lease.start.advanced(by: grace) <= now else { continue }
            leases[number]?.missed += 1
            guard isOlderThanConnection || lease.missed >= 1 else { continue }
            retry(number, counting: .loss, reason: "the task did not arrive", now)
        }
    }

    /// A live birth lists every lease that its worker holds: what is not listed was lost with a connection.
    private mutating func loseUnlisted(of slot: Int, held: [LeaseToken], _ now: Instant) {
        for number in workers[slot].leases where !held.contains(token(number)) {
            retry(number, counting: .loss, reason: "the task did not arrive", now)
        }
    }

    private mutating func loseLeases(of slot: Int, reason: LossReason, _ now: Instant) {
        let id = workers[slot].id
        if workers[slot].birth != nil {
            counters.workersLost += 1
            note(.workerLost(id, reason: reason))
        }
        for (number, worker) in probes where worker == id { probeLost(number, now) }
        let held = workers[slot].leases
        guard !held.isEmpty else { return }
        if let incarnation = workers[slot].birth?.incarnation {
            losses[id] = Loss(incarnation: incarnation, shards: held.compactMap { leases[$0].map(key) })
        }
        for number in held {
            retry(number, counting: .death, reason: "\(id) \(reason.rawValue)", now)
        }
    }

    /// The worker was not dead after all: the same life is back, as after a broker's shutdown, which publishes every
    /// will. Nothing died of the shards that it held.
    private mutating func forgive(_ id: PeerID, _ shards: [ShardKey]) {
        for key in shards {
            guard let job = jobs.slot(of: key.job), key.shard < jobs[job].shards.count else { continue }
            jobs[job].shards[key.shard].deaths.removeAll { $0 == id }
        }
    }

    mutating func livenessChanged(_ slot: Int, was wasLive: Bool) {
        countSlots(of: slot)
        let isLive = workers[slot].isLive
        let isCounted = workers[slot].birth.map { !$0.takesReservedOnly } ?? true
        if isLive, !wasLive, isCounted {
            liveWorkers += 1
            note(.workerJoined(workers[slot].id, slots: workers[slot].slots))
        } else if wasLive, !isLive {
            if isCounted { liveWorkers -= 1 }
            releaseReservations(of: slot)
        }
        if isLive { standInLine(slot) }
        if workers[slot].isPresent { watch(slot) }
    }

    /// Keeps `liveSlots` in step with a worker.
    private mutating func countSlots(of slot: Int) {
        let counted = workers[slot].isAnyones ? workers[slot].slots : 0
        liveSlots += counted - workers[slot].countedSlots
        workers[slot].countedSlots = counted
    }

    /// Sets the one watchdog timer of a worker.
    private mutating func watch(_ slot: Int) {
        guard !workers[slot].isWatched else { return }
        workers[slot].isWatched = true
        setTimer(
            .workerWatchdog(slot, generation: workers[slot].generation),
            at: workers[slot].lastHeard.advanced(by: settings.silence))
    }

    mutating func watchdogFired(_ slot: Int, generation: UInt32, _ now: Instant) {
        guard workers[slot].generation == generation else { return }
        workers[slot].isWatched = false
        guard isConnected, workers[slot].isOnline || !workers[slot].leases.isEmpty else { return }
        guard workers[slot].lastHeard.advanced(by: settings.silence) <= now else { return watch(slot) }
        let wasLive = workers[slot].isLive
        workers[slot].isOnline = false
        loseLeases(of: slot, reason: .silent, now)
        livenessChanged(slot, was: wasLive)
    }

    /// Without a connection nothing can be said of any worker: none is live, none is lost.
    mutating func connectionLost() {
        isConnected = false
        for slot in workers.occupied {
            workers[slot].isOnline = false
            workers[slot].countedSlots = 0
        }
        liveWorkers = 0
        liveSlots = 0
    }

    /// Workers are heard of again, or found silent in a while.
    mutating func connectionRestored(_ now: Instant) {
        isConnected = true
        connectedSince = now
        for slot in workers.inOrder {
            workers[slot].lastHeard = now
            if !workers[slot].leases.isEmpty { watch(slot) }
        }
    }
}
