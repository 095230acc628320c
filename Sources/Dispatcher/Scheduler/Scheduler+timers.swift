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
            switch timer.kind {
            case .leaseExpiry(let token): leaseExpired(token, now)
            case .jobDeadline(let id, let sequence): jobDeadlinePassed(id, sequence: sequence)
            case .retry(let key, let turn): if isWaiting(key, turn: turn) { makeReady(key) }
            case .workerWatchdog(let id): watchdogFired(id, now)
            case .workerResume(let id): workerResumed(id, now)
            }
        }
    }

    /// Ended jobs leave entries behind in the heaps; once those are the most, the heaps are made anew.
    mutating func dropStaleEntries() {
        let live = jobs.count + leases.count + 2 * workers.count
        if jobs.isEmpty || timers.count > 64 + 4 * live {
            timers = Heap(timers.unordered.filter(isPending))
        }
        if jobs.isEmpty {
            losses = [:]
            ready = Heap()
        } else if ready.count > 64 + 2 * jobs.values.reduce(0, { $0 + $1.shardsLeft }) {
            ready = Heap(ready.unordered.filter(isCurrent))
        }
    }

    private func isPending(_ timer: TimerEntry) -> Bool {
        switch timer.kind {
        case .leaseExpiry(let token): leases[token] != nil
        case .jobDeadline(let id, let sequence): jobs[id]?.sequence == sequence
        case .retry(let key, let turn): isWaiting(key, turn: turn)
        case .workerWatchdog, .workerResume: true
        }
    }
}
