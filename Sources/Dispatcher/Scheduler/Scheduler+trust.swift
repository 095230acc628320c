import Fleet

/// Workers that gave an invalid result: set aside, probed, trusted again. A new life of such a worker is as little
/// trusted as the one before.
extension Scheduler {
    /// Takes a worker's leases back and gives it no more.
    mutating func setAside(_ slot: Int, reason: String, _ now: Instant) {
        let id = workers[slot].id
        guard !workers[slot].isSetAside else { return }
        let wasLive = workers[slot].isLive
        workers[slot].isSetAside = true
        counters.workersSetAside += 1
        forgetFirstDue()
        let probation = settings.probation(after: 1)
        setAside[id] = SetAside(reason: reason, strikes: 1, due: now.advanced(by: probation))
        setTimer(.probe(id), at: now.advanced(by: probation))
        note(.workerSetAside(id, reason: reason, probedAfter: probation))
        livenessChanged(slot, was: wasLive)
        for number in workers[slot].leases {
            actions.append(.cancel(worker: id, lease: token(number)))
            retry(number, counting: .loss, reason: "\(id) is set aside", now)
        }
    }

    /// Somebody who could make up workers must not fill the memory with them.
    private mutating func forgetFirstDue() {
        guard setAside.count >= settings.maxSetAside else { return }
        let absent = setAside.filter { workers.slot(of: $0.key) == nil }
        if let first = absent.min(by: { ($0.value.due, $0.key) < ($1.value.due, $1.key) }) {
            setAside[first.key] = nil
        }
    }

    mutating func probeDue(_ id: PeerID, _ now: Instant) {
        guard let place = setAside[id], place.due <= now else { return }
        // One that is away is probed when it is back.
        guard isConnected, let slot = workers.slot(of: id), workers[slot].isPresent,
            let incarnation = workers[slot].birth?.incarnation
        else { return }
        guard !probes.values.contains(id) else { return }
        lastLease += 1
        probes[lastLease] = id
        setTimer(.probeExpiry(lastLease), at: now.advanced(by: settings.probeDuration))
        actions.append(.probe(Probe(worker: id, incarnation: incarnation, lease: token(lastLease))))
    }

    mutating func probeEnded(_ end: TaskEnd, _ now: Instant) {
        probes[end.lease.number] = nil
        switch end.outcome {
        case .done: trust(end.worker)
        case .refused, .missing: probeAgain(end.worker, strikes: 0, now)
        case .failed, .invalid: probeAgain(end.worker, strikes: 1, now)
        }
    }

    mutating func probeExpired(_ number: UInt64, _ now: Instant) {
        guard let id = probes.removeValue(forKey: number) else { return }
        actions.append(.cancel(worker: id, lease: token(number)))
        probeAgain(id, strikes: 1, now)
    }

    /// The probe is not held any more, which says nothing of the worker.
    mutating func probeLost(_ number: UInt64, _ now: Instant) {
        guard let id = probes.removeValue(forKey: number) else { return }
        probeAgain(id, strikes: 0, now)
    }

    private mutating func probeAgain(_ id: PeerID, strikes: Int, _ now: Instant) {
        guard var place = setAside[id] else { return }
        place.strikes += strikes
        let pause = strikes > 0 ? settings.probation(after: place.strikes) : settings.backOff(after: 5)
        place.due = now.advanced(by: pause)
        setAside[id] = place
        setTimer(.probe(id), at: place.due)
    }

    private mutating func trust(_ id: PeerID) {
        setAside[id] = nil
        note(.workerTrusted(id))
        guard let slot = workers.slot(of: id) else { return }
        let wasLive = workers[slot].isLive
        workers[slot].isSetAside = false
        livenessChanged(slot, was: wasLive)
    }
}
