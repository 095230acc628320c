import Fleet
import HeapModule

/// Shards that wait for the worker that the plan made them for.
///
/// They are its own while it is live and the reservation lasts; then, and after a failed attempt, anyone's.
extension Scheduler {
    /// Lets a shard wait for its worker. False if it is for anyone.
    mutating func reserve(_ job: Int, _ shard: Int) -> Bool {
        let workers = jobs[job].submission.reservations.workers
        guard !workers.isEmpty, let slot = self.workers.slot(of: workers[shard % workers.count]),
            self.workers[slot].isLive
        else { return false }
        jobs[job].shards[shard].reservedAt = slot
        self.workers[slot].reserved.insert(entry(job, shard))
        reservedAt.insert(slot)
        dropStaleReservations(of: slot)
        toServe.insert(slot)
        return true
    }

    /// Nobody reads the queue of a worker that never has credit.
    private mutating func dropStaleReservations(of slot: Int) {
        guard workers[slot].reserved.count > 64 + 2 * openShards else { return }
        workers[slot].reserved = Heap(workers[slot].reserved.unordered.filter { isReserved($0, at: slot) })
    }

    func isReserved(_ entry: ReadyEntry, at slot: Int) -> Bool {
        isCurrent(entry) && jobs[entry.job].shards[entry.shard].reservedAt == slot
    }

    private mutating func mostUrgentReserved(at slot: Int) -> ReadyEntry? {
        while let entry = workers[slot].reserved.min {
            if isReserved(entry, at: slot) { return entry }
            workers[slot].reserved.removeMin()
        }
        return nil
    }

    /// Leases reserved shards to their workers: to idle slots first, then beyond them.
    /// - Parameter urgentOnly: only what is more urgent than every shard that is anyone's.
    mutating func serveReservations(urgentOnly: Bool, _ now: Instant) {
        for isBeyondSlots in [false, true] {
            for slot in toServe.sorted() {
                while isBeyondSlots ? workers[slot].hasCredit(at: now) : workers[slot].hasIdleSlot(at: now),
                    let entry = mostUrgentReserved(at: slot)
                {
                    if urgentOnly, let other = mostUrgentReady(), other < entry { break }
                    workers[slot].reserved.removeMin()
                    grantLease(on: entry.job, entry.shard, to: slot, isHedge: false, now)
                }
            }
        }
        if !urgentOnly { toServe = [] }
    }

    /// The worker is no longer there for its shards.
    mutating func releaseReservations(of slot: Int) {
        let entries = workers[slot].reserved.unordered.filter { isReserved($0, at: slot) }
        workers[slot].reserved = Heap()
        toServe.remove(slot)
        for entry in entries.sorted() { makeReady(entry.job, entry.shard) }
    }

    /// Wakes the scheduler when the workers have had their time for the stage under way.
    mutating func setReservationTimer(_ job: Int, _ now: Instant) {
        let timer = TimerEntry.Kind.reservations(job, sequence: jobs[job].sequence, stage: jobs[job].stage)
        setTimer(timer, at: now.advanced(by: max(jobs[job].submission.reservations.duration, .milliseconds(1))))
    }

    /// The worker had its time. While nobody else is there who could do better, it goes on.
    mutating func reservationsEnded(_ job: Int, sequence: UInt64, stage: Int, _ now: Instant) {
        guard jobs.contains(job, sequence: sequence), jobs[job].stage == stage else { return }
        guard liveWorkers > 0 else { return setReservationTimer(job, now) }
        for shard in jobs[job].stageShards
        where jobs[job].shards[shard].reservedAt != nil && jobs[job].shards[shard].state == .waiting {
            makeReady(job, shard)
        }
    }
}
