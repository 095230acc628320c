public import Fleet

/// What must hold between the tables after every event, looked through whole: for simulations and tests.
extension DispatcherCore {
    /// Sentences that name what does not hold; empty when all is well.
    public func invariantViolations(at now: Instant) -> [String] {
        scheduler.invariantViolations(at: now) + accountViolations() + phaseViolations()
    }

    private func accountViolations() -> [String] {
        var found: [String] = []
        let inMemory = entries.values.filter(\.isInMemory)
        if memory.total != Usage.Count(jobs: inMemory.count, bytes: inMemory.reduce(0) { $0 + $1.inMemory }) {
            found.append("memory is charged for \(memory.total), and \(inMemory.count) jobs are in it")
        }
        let inJournal = entries.values.filter(\.isInJournal)
        if journal.total != Usage.Count(jobs: inJournal.count, bytes: inJournal.reduce(0) { $0 + $1.inJournal }) {
            found.append("the journal is charged for \(journal.total), and \(inJournal.count) jobs are in it")
        }
        let storing = entries.values.filter { $0.ticket.isDurable && ($0.phase == .preparing || $0.phase == .storing) }
        if storingBytes != storing.reduce(0, { $0 + $1.ticket.bytes }) {
            found.append("\(storingBytes) bytes are counted on their way into the journal")
        }
        if memory.total.jobs > max(admission.jobs, 1) { found.append("more jobs in memory than admitted") }
        return found
    }

    private func phaseViolations() -> [String] {
        var (inBacklog, keptInMemory, found): (Int, Int, [String]) = (0, 0, [])
        for (id, entry) in entries {
            switch entry.phase {
            case .waiting:
                inBacklog += 1
                if entry.isInMemory { found.append("job \(id) waits, and is in memory") }
            case .running:
                if scheduler.jobs.slot(of: id) == nil { found.append("job \(id) runs, and the scheduler has none") }
                if !entry.isInMemory { found.append("job \(id) runs, and is not in memory") }
            case .kept:
                if entry.isInMemory { found.append("job \(id) has ended, and is in memory") }
                if !entry.ticket.isDurable { keptInMemory += entry.answerBytes }
            case .preparing, .storing, .loading, .ending: break
            }
            if entry.ticket.isDurable != entry.isInJournal { found.append("job \(id) is not charged to the journal") }
        }
        if inBacklog != waiting { found.append("\(inBacklog) jobs wait, and \(waiting) are counted") }
        if keptInMemory != keptBytes { found.append("\(keptInMemory) bytes are kept, and \(keptBytes) counted") }
        let running = entries.values.count { $0.phase == .running }
        if running != scheduler.jobs.count {
            found.append("\(running) jobs run, and \(scheduler.jobs.count) scheduled")
        }
        return found
    }
}
