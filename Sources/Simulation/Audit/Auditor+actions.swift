import Dispatcher
import Fleet

/// What the dispatcher's core says.
extension Auditor {
    mutating func take(_ action: DispatcherAction, _ now: Instant, _ journal: SimulatedJournal) {
        switch action {
        case .prepare(let id): if let request { open(number(id), request) }
        case .load(let id): hold(number(id), bytes: jobs[number(id)].requestBytes + outputBytes(number(id)))
        case .send(let assignment): sent(assignment)
        case .probe(let probe): probed(probe)
        case .cancelTask(_, let lease): end(lease.number)
        case .keep(let key): kept(key)
        case .accepted(let id, _): accepted(number(id), journal)
        case .deliver(let id, _): handedOver(number(id), journal)
        case .conclude(let id, let outcome): concluded(number(id), outcome, now)
        case .store(let ticket, _): store(number(ticket.id), bytes: ticket.bytes)
        case .forget(let id): keepOnDisk(number(id), bytes: nil)
        case .unload(let id): dropped(number(id))
        case .discard(let id):
            dropped(number(id))
            close(number(id))
        case .note(let note): take(note)
        default: break
        }
    }

    /// What a client has heard, a dispatcher that is killed now must know in its next life.
    private mutating func handedOver(_ job: Int, _ journal: SimulatedJournal) {
        guard jobs[job].isDurable, journal.entries[job]?.end == nil else { return }
        violate(.answeredBeforeStored, "\(jobs[job].id)")
    }

    private mutating func sent(_ assignment: Assignment) {
        let (job, shard, id) = (number(assignment.key.job), assignment.key.shard, assignment.worker)
        if assignment.lease.epoch != epoch { violate(.stale, "a lease of epoch \(assignment.lease.epoch)") }
        guard let worker = workers[id], worker.isOnline, !worker.isDraining, !worker.isSetAside, isConnected,
            worker.incarnation == assignment.incarnation
        else { return violate(.unfitWorker, "\(id) gets shard \(shard) of \(assignment.key.job)") }
        if worker.leases >= worker.credits { violate(.credits, "\(id) has \(worker.leases) already") }
        workers[id]?.leases += 1
        guard views[job].isOpen, shard < views[job].kept.count else {
            return violate(.endedTwice, "job \(assignment.key.job) is worked on after its end")
        }
        if views[job].kept[shard] { violate(.mergedTwice, "shard \(shard) is sent again though it is done") }
        let stageStart = shard / jobs[job].shardsPerStage * jobs[job].shardsPerStage
        if views[job].kept[..<stageStart].contains(false) {
            violate(.stage, "shard \(shard) of \(assignment.key.job) is sent before its turn")
        }
        let others = views[job].leases[shard].compactMap { leases[$0]?.worker }
        if others.count > (assignment.isHedge ? 1 : 0) || others.contains(id) {
            violate(.leases, "shard \(shard) of \(assignment.key.job) is at \(others), and goes to \(id)")
        }
        if views[job].lastWorkers[shard] == id, othersLive(than: id) {
            violate(.twiceInARow, "shard \(shard) of \(assignment.key.job) goes to \(id) again")
        }
        views[job].lastWorkers[shard] = id
        views[job].leases[shard].append(assignment.lease.number)
        leases[assignment.lease.number] = LeaseView(
            worker: id, incarnation: assignment.incarnation, job: job, shard: shard)
    }

    private func othersLive(than id: PeerID) -> Bool {
        workers.contains {
            $0.key != id && $0.value.isOnline && !$0.value.isDraining && !$0.value.isSetAside
                && $0.value.incarnation != nil
        }
    }

    private mutating func probed(_ probe: Probe) {
        guard let worker = workers[probe.worker], worker.isOnline, worker.isSetAside,
            worker.incarnation == probe.incarnation
        else { return violate(.unfitWorker, "\(probe.worker) is probed") }
        if worker.leases > 0 { violate(.credits, "\(probe.worker) is probed while it has leases") }
        probes[probe.lease.number] = probe
    }

    private mutating func kept(_ key: ShardKey) {
        let job = number(key.job)
        guard let result, result.outcome == .done, result.lease.epoch == epoch,
            let lease = leases[result.lease.number], lease.worker == result.worker,
            lease.incarnation == result.incarnation, lease.job == job, lease.shard == key.shard
        else { return violate(.stale, "shard \(key.shard) of \(key.job) is kept without a lease on it") }
        if views[job].kept[key.shard] { violate(.mergedTwice, "shard \(key.shard) of \(key.job)") }
        views[job].kept[key.shard] = true
    }

    private mutating func accepted(_ job: Int, _ journal: SimulatedJournal) {
        guard jobs[job].isDurable else { return }
        if journal.entries[job] == nil { violate(.acceptedBeforeStored, "\(jobs[job].id)") }
        views[job].isStored = true
    }

    private mutating func concluded(_ job: Int, _ outcome: JobOutcome, _ now: Instant) {
        if !views[job].isOpen, views[job].ticket == nil {
            violate(.endedTwice, "\(jobs[job].id) ends without having begun")
        }
        if outcome == .done, views[job].kept.contains(false) { violate(.missing, "\(jobs[job].id) has lost a shard") }
        if let deadline = views[job].ticket?.deadline, outcome == .done, deadline < now {
            violate(.deadline, "\(jobs[job].id) ends after \(deadline)")
        }
        // A durable job's output is held until the journal has the answer.
        let held = jobs[job].isDurable ? views[job].held : nil
        dropped(job)
        if let held { hold(job, bytes: held) }
        close(job)
    }

    private mutating func dropped(_ job: Int) {
        letGo(job)
        views[job].isOpen = false
        for number in views[job].leases.joined() { end(number) }
        views[job].leases = []
    }

    private mutating func take(_ note: SchedulerNote) {
        switch note {
        case .shardDone(let key, let worker, _), .shardRetried(let key, let worker, _, _):
            let job = number(key.job)
            guard key.shard < views[job].leases.count else { return }
            for number in views[job].leases[key.shard] where leases[number]?.worker == worker { end(number) }
        case .workerSetAside(let id, _, _): workers[id, default: WorkerView()].isSetAside = true
        case .workerTrusted(let id): trusted(id)
        case .workerLost(let id, .silent): workers[id]?.isOnline = false
        default: break
        }
    }

    private mutating func trusted(_ id: PeerID) {
        workers[id]?.isSetAside = false
        guard let result, result.outcome == .done, result.lease.epoch == epoch,
            let probe = probes.removeValue(forKey: result.lease.number), probe.worker == id,
            probe.worker == result.worker, probe.incarnation == result.incarnation
        else { return violate(.stale, "\(id) is trusted again without having passed a probe") }
    }

    private mutating func end(_ number: UInt64) {
        guard let lease = leases.removeValue(forKey: number) else { return }
        workers[lease.worker]?.leases -= 1
        if lease.shard < views[lease.job].leases.count {
            views[lease.job].leases[lease.shard].removeAll { $0 == number }
        }
    }
}
