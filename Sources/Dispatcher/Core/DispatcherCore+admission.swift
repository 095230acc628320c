import Fleet

/// How much is taken on: bounds on jobs, bytes and each client's share.
extension DispatcherCore {
    /// Why a new request is not taken; nil if it is.
    func refusal(of ticket: JobTicket, _ now: Instant) -> JobError? {
        if isDraining {
            return JobError(
                .shuttingDown, "the dispatcher is shutting down: send the job again", retryAfter: .seconds(1))
        }
        return ticket.isDurable ? storedRefusal(of: ticket) : memoryRefusal(of: ticket, bytes: ticket.bytes, now)
    }

    /// Why a transient job of so many bytes does not fit into memory now.
    func memoryRefusal(of ticket: JobTicket, bytes: Int, _ now: Instant) -> JobError? {
        let (all, own) = (memory.total, memory.of(ticket.client))
        if all.jobs >= admission.jobs { return busy("\(all.jobs) jobs are under way, the most admitted") }
        // A job that is larger than the bound is done when it is alone.
        if all.jobs > 0, all.bytes + bytes > admission.bytes {
            return busy("\(all.bytes) bytes of jobs are under way, and \(admission.bytes) the most admitted")
        }
        if own.jobs >= share(of: admission.jobs) || (own.jobs > 0 && own.bytes + bytes > share(of: admission.bytes)) {
            return busy("\(own.jobs) jobs of client '\(ticket.client)' are under way, its share of the fleet")
        }
        if let head = backlogHead, case .waiting(let since) = head.phase,
            since.advanced(by: admission.patience) <= now
        {
            return busy("durable jobs have been waiting for memory")
        }
        return nil
    }

    private func storedRefusal(of ticket: JobTicket) -> JobError? {
        let (all, own) = (journal.total, journal.of(ticket.client))
        if all.jobs >= admission.storedJobs || all.bytes + ticket.bytes > admission.storedBytes {
            return busy("the journal holds \(all.jobs) jobs of \(all.bytes) bytes, the most admitted")
        }
        if own.jobs >= share(of: admission.storedJobs) || own.bytes + ticket.bytes > share(of: admission.storedBytes) {
            return busy("the journal holds \(own.jobs) jobs of client '\(ticket.client)', its share")
        }
        if storingBytes > 0, storingBytes + ticket.bytes > admission.storingBytes {
            return busy("\(storingBytes) bytes are on their way into the journal, the most at a time")
        }
        return nil
    }

    private func share(of whole: Int) -> Int { max(Int(Double(whole) * admission.clientShare), 1) }

    func busy(_ why: String) -> JobError {
        JobError(.busy, "\(why): send the job again later", retryAfter: pace.retryAfter(jobs: memory.total.jobs))
    }

    /// Whether a durable job may come into memory.
    func fitsMemory(_ bytes: Int) -> Bool {
        memory.total.jobs == 0
            || (memory.total.jobs < admission.jobs && memory.total.bytes + bytes <= admission.bytes)
    }

    /// Charges memory for a durable job's output too.
    /// - Returns: false if it no longer fits, or was not there: then it is charged for nothing.
    @discardableResult
    mutating func fitOutput(_ id: JobID, _ bytes: Int) -> Bool {
        guard let entry = entries[id], entry.isInMemory else { return false }
        releaseMemory(id)
        guard fitsMemory(entry.ticket.bytes + bytes) else { return false }
        chargeMemory(id, entry.ticket.bytes + bytes)
        return true
    }

    mutating func chargeMemory(_ id: JobID, _ bytes: Int) {
        guard let entry = entries[id] else { return }
        entries[id]?.inMemory += bytes
        entries[id]?.isInMemory = true
        memory.add(jobs: entry.isInMemory ? 0 : 1, bytes: bytes, of: entry.ticket.client)
    }

    mutating func releaseMemory(_ id: JobID) {
        guard let entry = entries[id], entry.isInMemory else { return }
        entries[id]?.inMemory = 0
        entries[id]?.isInMemory = false
        memory.add(jobs: -1, bytes: -entry.inMemory, of: entry.ticket.client)
    }

    /// Charges the journal's account for `bytes` in all.
    mutating func chargeJournal(_ id: JobID, _ bytes: Int) {
        guard let entry = entries[id] else { return }
        entries[id]?.inJournal = bytes
        entries[id]?.isInJournal = true
        journal.add(jobs: entry.isInJournal ? 0 : 1, bytes: bytes - entry.inJournal, of: entry.ticket.client)
    }

    mutating func releaseJournal(_ id: JobID) {
        guard let entry = entries[id], entry.isInJournal else { return }
        entries[id]?.inJournal = 0
        entries[id]?.isInJournal = false
        journal.add(jobs: -1, bytes: -entry.inJournal, of: entry.ticket.client)
    }
}
