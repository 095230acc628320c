import Fleet
import HeapModule

/// Time passing.
extension Scheduler {
    mutating func setTimer(_ kind: TimerEntry.Kind, at due: Instant) {
        timers.insert(TimerEntry(due: due, sequence: nextSequence(), kind: kind))
    }

    mutating func fireTimers(_ now: Instant) {
        while let timer = timers.min, timer.due <= now {
            timers.removeMin()
            fire(timer.kind, now)
        }
    }

    private mutating func fire(_ kind: TimerEntry.Kind, _ now: Instant) {
        switch kind {
        case .leaseExpiry(let number): leaseExpired(number, now)
        case .hedge(let number): hedgeDue(number, now)
        case .jobDeadline(let job, let sequence): jobDeadlinePassed(job, sequence: sequence)
        case .reservations(let job, let sequence, let stage):
            reservationsEnded(job, sequence: sequence, stage: stage, now)
        case .retry(let job, let sequence, let shard, let turn):
            if isWaiting(job, sequence: sequence, shard: shard, turn: turn) { makeReady(job, shard) }
        case .workerWatchdog(let worker, let generation): watchdogFired(worker, generation: generation, now)
        case .workerResume(let worker, let generation): workerResumed(worker, generation: generation, now)
        case .probe(let worker): probeDue(worker, now)
        case .probeExpiry(let number): probeExpired(number, now)
        }
    }

    /// Ended jobs leave entries behind in the queues; once those are the most, the queues are made anew.
    mutating func dropStaleEntries() {
        let live = jobs.count + 2 * leases.count + 2 * workers.count + 2 * setAside.count
        // Without jobs what is pending is a watchdog for each worker: looked through once it is not the most by far, as a large
        // fleet's are many.
        if timers.count > 64 + 4 * (live + openShards)
            || (jobs.isEmpty && timers.count > workers.count + workers.count / 4)
        {
            timers = Heap(timers.unordered.filter(isPending))
        }
        if jobs.isEmpty {
            losses = [:]
            ready.removeAll()
            for slot in reservedAt { workers[slot].reserved = Heap() }
            reservedAt = []
        } else if ready.count > 64 + 2 * openShards {
            ready.keep(isCurrent)
        }
    }

    private func isPending(_ timer: TimerEntry) -> Bool {
        switch timer.kind {
        case .leaseExpiry(let number), .hedge(let number): leases[number] != nil
        case .jobDeadline(let job, let sequence), .reservations(let job, let sequence, _):
            jobs.contains(job, sequence: sequence)
        case .retry(let job, let sequence, let shard, let turn):
            isWaiting(job, sequence: sequence, shard: shard, turn: turn)
        case .workerWatchdog(let slot, let generation), .workerResume(let slot, let generation):
            workers[slot].generation == generation
        case .probe(let worker): setAside[worker] != nil
        case .probeExpiry(let number): probes[number] != nil
        }
    }
}
