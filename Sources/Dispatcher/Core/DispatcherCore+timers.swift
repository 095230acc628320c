import Fleet
import HeapModule

/// Time passing, and the dispatcher's own end.
extension DispatcherCore {
    mutating func setTimer(_ kind: CoreTimer.Kind, _ id: JobID, at due: Instant) {
        guard let sequence = entries[id]?.sequence else { return }
        timers.insert(CoreTimer(due: due, sequence: sequence, id: id, kind: kind))
        dropStaleTimers()
    }

    mutating func fireTimers(_ now: Instant) {
        while let timer = timers.min, timer.due <= now {
            timers.removeMin()
            guard let entry = entries[timer.id], entry.sequence == timer.sequence else { continue }
            switch (timer.kind, entry.phase) {
            case (.deadline, .waiting): finished(timer.id, .failed(Self.neverRan), now)
            case (.expiry, .kept): forget(timer.id)
            case (.storeAgain, .ending):
                let until = now.advanced(by: admission.durableAnswerLifetime)
                actions.append(.storeAnswer(timer.id, keepUntil: until))
            default: break
            }
        }
        if let drainDeadline, drainDeadline <= now, !isDrained { giveUp(now) }
    }

    private static let neverRan = JobError(.deadlineExceeded, "the job's time had passed before there was room for it")

    /// Forgotten jobs leave timers behind; once those are the most, the heap is made anew.
    private mutating func dropStaleTimers() {
        guard timers.count > 64 + 4 * entries.count else { return }
        timers = Heap(timers.unordered.filter { entries[$0.id]?.sequence == $0.sequence })
    }

    mutating func drain(_ now: Instant) {
        guard !isDraining else { return }
        isDraining = true
        drainDeadline = now.advanced(by: admission.drainGrace)
    }

    /// The time for draining has passed: transient jobs fail, durable ones are left to the journal and the next life.
    private mutating func giveUp(_ now: Instant) {
        let gone = JobError(
            .shuttingDown, "the dispatcher went before the job was done: send it again", retryAfter: .seconds(1))
        let running = entries.values.filter { $0.phase == .running }.sorted { $0.sequence < $1.sequence }
        for entry in running {
            if entry.ticket.isDurable { wait(entry.ticket.id, since: now) }
            schedule(.jobCancelled(entry.ticket.id, gone), now)
        }
        isDrained = true
        actions.append(.drained)
    }

    mutating func tellIfDrained() {
        guard isDraining, !isDrained, !entries.values.contains(where: \.phase.isUnderWay) else { return }
        isDrained = true
        actions.append(.drained)
    }
}
