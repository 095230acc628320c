import DequeModule
import Fleet
import HeapModule

/// Jobs ending, and their answers being kept.
extension DispatcherCore {
    /// A job has its outcome: the scheduler's, or one that it met before it ran.
    mutating func finished(_ id: JobID, _ outcome: JobOutcome, _ now: Instant) {
        guard let entry = entries[id] else { return }
        if case .waiting = entry.phase {
            // Handed back to the journal by a dispatcher that is going.
            if isDraining, entry.isInMemory {
                releaseMemory(id)
                actions.append(.unload(id))
                return
            }
            waiting -= 1
        }
        pace.jobEnded(now)
        actions.append(.conclude(id, outcome))
        if entry.ticket.isDurable {
            entries[id]?.phase = .ending
            actions.append(.storeAnswer(id, keepUntil: now.advanced(by: admission.durableAnswerLifetime)))
            return
        }
        releaseMemory(id)
        actions.append(.deliver(id, to: entry.waiters))
        if outcome == .done, entry.canBeAskedAgain {
            keep(id, entry, now)
        } else {
            // It runs anew if it is sent again.
            entries[id] = nil
            actions.append(.dropAnswer(id))
        }
    }

    mutating func answerStored(_ id: JobID, isKept: Bool, _ now: Instant) {
        guard let entry = entries[id], entry.phase == .ending else { return }
        guard isKept else { return setTimer(.storeAgain, id, at: now.advanced(by: admission.journalBackOff)) }
        releaseMemory(id)
        entries[id]?.phase = .kept
        chargeJournal(id, entry.prepared?.outputBytes ?? 0)
        setTimer(.expiry, id, at: now.advanced(by: admission.durableAnswerLifetime))
        actions.append(.deliver(id, to: entry.waiters))
        actions.append(.dropAnswer(id))
    }

    /// Keeps a transient job's answer for a while, in place of the oldest where there is no room.
    private mutating func keep(_ id: JobID, _ entry: JobEntry, _ now: Instant) {
        let bytes = entry.answerBytes
        guard bytes <= admission.answerBytes else {
            entries[id] = nil
            actions.append(.dropAnswer(id))
            return
        }
        entries[id]?.phase = .kept
        kept.append((id, entry.sequence))
        keptBytes += bytes
        while keptBytes > admission.answerBytes, let oldest = kept.first {
            if entries[oldest.id]?.sequence == oldest.sequence { forget(oldest.id) }
            dropForgotten()
        }
        if entries[id] != nil { setTimer(.expiry, id, at: now.advanced(by: admission.answerLifetime)) }
    }

    /// The client has its answer; the last one that waited for it needs it no longer.
    mutating func released(_ id: JobID, _ route: JobWaiter.Route) {
        guard let entry = entries[id], entry.phase == .kept, entry.waits(on: route) else { return }
        entries[id]?.waiters.removeAll { $0.route == route }
        if entry.waiters.count == 1 { forget(id) } else { storeWaiters(id) }
    }

    mutating func forget(_ id: JobID) {
        guard let entry = entries[id] else { return }
        releaseJournal(id)
        entries[id] = nil
        if entry.ticket.isDurable { return actions.append(.forget(id)) }
        actions.append(.dropAnswer(id))
        keptBytes -= entry.answerBytes
        dropForgotten()
    }

    /// What was forgotten out of its turn leaves its place in the line behind.
    private mutating func dropForgotten() {
        while let oldest = kept.first, entries[oldest.id]?.sequence != oldest.sequence { kept.removeFirst() }
    }
}
