import Fleet
import HeapModule

/// Durable jobs on their way into the journal, waiting there, and back.
extension DispatcherCore {
    /// What an earlier life had accepted is run; what had ended is had for asking.
    mutating func recover(_ job: RecoveredJob, _ now: Instant) {
        let id = job.ticket.id
        var entry = JobEntry(job.ticket, sequence: nextSequence(), waiters: job.waiters, phase: .kept)
        if case .accepted = job.state { entry.phase = .waiting(since: now) }
        entries[id] = entry
        switch job.state {
        case .accepted:
            chargeJournal(id, job.ticket.bytes)
            wait(id, since: now)
            setTimer(.deadline, id, at: job.ticket.deadline)
        case .ended(let until, let answerBytes):
            chargeJournal(id, answerBytes)
            setTimer(.expiry, id, at: until)
        }
    }

    mutating func store(_ id: JobID, _ job: PreparedJob) {
        guard let entry = entries[id] else { return }
        let bytes = entry.ticket.bytes + job.outputBytes
        guard journal.total.bytes + job.outputBytes <= admission.storedBytes else {
            return drop(id, busy("the journal holds \(journal.total.bytes) bytes, and the job needs \(bytes)"))
        }
        // The answer is to find room when the job ends.
        chargeJournal(id, bytes)
        fitOutput(id, job.outputBytes)
        entries[id]?.phase = .storing
        actions.append(.store(entry.ticket, entry.waiters))
    }

    mutating func stored(_ id: JobID, _ error: JobError?, _ now: Instant) {
        guard let entry = entries[id], entry.phase == .storing else { return }
        if let error { return drop(id, error) }
        storingBytes -= entry.ticket.bytes
        setTimer(.deadline, id, at: entry.ticket.deadline)
        accept(id)
        if entry.waiters.count > 1 { actions.append(.storeWaiters(id, entry.waiters)) }
        if entry.isInMemory, !isDraining { return start(id, now) }
        releaseMemory(id)
        actions.append(.unload(id))
        if entry.isWithdrawn { return finished(id, .failed(Self.withdrawal), now) }
        wait(id, since: now)
    }

    mutating func storeWaiters(_ id: JobID) {
        guard let entry = entries[id], entry.ticket.isDurable, entry.phase != .preparing, entry.phase != .storing
        else { return }
        actions.append(.storeWaiters(id, entry.waiters))
    }

    /// Puts a job whose request the journal has into the backlog.
    mutating func wait(_ id: JobID, since: Instant) {
        entries[id]?.phase = .waiting(since: since)
        guard let entry = entries[id] else { return }
        waiting += 1
        backlog.insert(BacklogEntry(entry, since: since))
    }

    /// The job that is to come into memory next.
    var backlogHead: JobEntry? { backlog.min.flatMap { entries[$0.id] } }

    /// Brings jobs of the backlog into memory as far as there is room.
    mutating func loadBacklog(_ now: Instant) {
        dropStaleBacklog()
        while !isDraining, let next = backlog.min, let entry = entries[next.id], case .waiting(let since) = entry.phase
        {
            let bytes = entry.ticket.bytes
            guard fitsMemory(bytes + (entry.prepared?.outputBytes ?? 0)) else { return }
            backlog.removeMin()
            waiting -= 1
            entries[next.id]?.phase = .loading(waitingSince: since)
            chargeMemory(next.id, bytes + (entry.prepared?.outputBytes ?? 0))
            actions.append(.load(next.id))
            dropStaleBacklog()
        }
    }

    /// Jobs that ended while they waited leave their places behind.
    private mutating func dropStaleBacklog() {
        while let next = backlog.min, !isWaiting(next) { backlog.removeMin() }
    }

    private func isWaiting(_ place: BacklogEntry) -> Bool {
        guard let entry = entries[place.id], entry.sequence == place.sequence, case .waiting = entry.phase else {
            return false
        }
        return true
    }
}
