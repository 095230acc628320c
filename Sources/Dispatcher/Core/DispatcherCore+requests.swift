import Fleet

/// Requests coming: taken, joined, answered again or refused; and clients that no longer wait.
extension DispatcherCore {
    mutating func requested(_ ticket: JobTicket, _ waiter: JobWaiter, _ now: Instant) {
        if let entry = entries[ticket.id] { return requestedAgain(entry, ticket, waiter) }
        if let refusal = refusal(of: ticket, now) {
            actions.append(.refuse(ticket.id, waiter, refusal))
            return
        }
        entries[ticket.id] = JobEntry(ticket, sequence: nextSequence(), waiters: [waiter], phase: .preparing)
        if ticket.isDurable {
            storingBytes += ticket.bytes
            chargeJournal(ticket.id, ticket.bytes)
        }
        // A durable job that finds no room is stored, and then waits without using memory.
        if !ticket.isDurable || (waiting == 0 && fitsMemory(ticket.bytes)) { chargeMemory(ticket.id, ticket.bytes) }
        actions.append(.prepare(ticket.id))
    }

    /// The same request is the same job; another one under its ID is an error.
    private mutating func requestedAgain(_ entry: JobEntry, _ ticket: JobTicket, _ waiter: JobWaiter) {
        let id = ticket.id
        guard entry.ticket.digest == ticket.digest else {
            let error = JobError(.conflict, "job ID \(id) was used for another request")
            actions.append(.refuse(id, waiter, error))
            return
        }
        // Too many know a kept answer to wait for each one's release; it is handed over all the same.
        let isFull = entry.waiters.count >= admission.waiters
        if !entry.waits(on: waiter.route), !isFull || entry.phase != .kept {
            guard !isFull else {
                actions.append(.refuse(id, waiter, busy("\(entry.waiters.count) clients wait for job \(id)")))
                return
            }
            entries[id]?.waiters.append(waiter)
            entries[id]?.isWithdrawn = false
            storeWaiters(id)
        }
        switch entry.phase {
        case .preparing, .storing: break
        case .waiting, .loading, .running, .ending: actions.append(.accepted(id, waiter))
        case .kept: actions.append(.deliver(id, to: [waiter]))
        }
    }

    mutating func prepared(_ id: JobID, _ job: PreparedJob, _ now: Instant) {
        guard let entry = entries[id] else { return }
        entries[id]?.prepared = job
        switch entry.phase {
        case .preparing where entry.ticket.isDurable: store(id, job)
        case .preparing:
            releaseMemory(id)
            if let refusal = memoryRefusal(of: entry.ticket, bytes: entry.ticket.bytes + job.outputBytes, now) {
                return drop(id, refusal)
            }
            chargeMemory(id, entry.ticket.bytes + job.outputBytes)
            accept(id)
            start(id, now)
        case .loading(let since):
            if fitOutput(id, job.outputBytes) { return start(id, now) }
            // Only now is it known how large it is, and there is no room: the next time there will be.
            actions.append(.unload(id))
            wait(id, since: since)
        default: break
        }
    }

    mutating func unfit(_ id: JobID, _ error: JobError, _ now: Instant) {
        switch entries[id]?.phase {
        case .preparing: drop(id, error)
        // It was accepted: it ends, and its clients hear how.
        case .loading: finished(id, .failed(error), now)
        default: break
        }
    }

    /// Forgets a job that was not accepted.
    mutating func drop(_ id: JobID, _ error: JobError) {
        guard let entry = entries[id] else { return }
        if entry.ticket.isDurable { storingBytes -= entry.ticket.bytes }
        releaseMemory(id)
        releaseJournal(id)
        entries[id] = nil
        actions.append(.discard(id))
        for waiter in entry.waiters { actions.append(.refuse(id, waiter, error)) }
    }

    mutating func accept(_ id: JobID) {
        guard let entry = entries[id] else { return }
        for waiter in entry.waiters { actions.append(.accepted(id, waiter)) }
    }

    mutating func start(_ id: JobID, _ now: Instant) {
        guard let entry = entries[id], let job = entry.prepared else { return }
        if entry.isWithdrawn { return finished(id, .failed(Self.withdrawal), now) }
        entries[id]?.phase = .running
        let submission = JobSubmission(
            id: id, shards: job.shards, leaseDuration: job.leaseDuration, deadline: entry.ticket.deadline,
            priority: entry.ticket.priority, shapeClass: job.shapeClass, shardsPerStage: job.shardsPerStage,
            residencyKeys: job.residencyKeys, reservations: job.reservations, transit: job.transit)
        schedule(.jobSubmitted(submission), now)
    }

    static let withdrawal = JobError(.cancelled, "the job was cancelled by its client")

    /// A job is cancelled with the last client that waits for it; the others' goes on.
    mutating func withdrawn(_ id: JobID, _ route: JobWaiter.Route, _ now: Instant) {
        guard let entry = entries[id], let waiter = entry.waiters.first(where: { $0.route == route }),
            entry.phase != .kept, entry.phase != .ending
        else { return }
        if entry.waiters.count > 1 {
            entries[id]?.waiters.removeAll { $0.route == route }
            storeWaiters(id)
            actions.append(.refuse(id, waiter, Self.withdrawal))
            return
        }
        switch entry.phase {
        case .waiting: finished(id, .failed(Self.withdrawal), now)
        case .running: schedule(.jobCancelled(id, Self.withdrawal), now)
        default: entries[id]?.isWithdrawn = true
        }
    }
}
