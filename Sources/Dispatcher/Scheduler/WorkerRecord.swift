import Fleet
import HeapModule

/// What the scheduler knows of one worker.
struct WorkerRecord {
    let id: PeerID
    /// Tells the worker apart from others that had its slot in the table before.
    let generation: UInt32
    var birth: WorkerBirth?
    var isOnline = false
    var lastHeard: Instant
    /// Numbers of the leases out to it, oldest first.
    var leases: [UInt64] = []
    /// It gave an invalid result, and no good one to a probe since.
    var isSetAside = false
    /// It refused a task: leave it alone until then.
    var pausedUntil: Instant?
    /// Its places in the lines of workers, so that it stands in none twice.
    var isInIdleLine = false
    var isInSpareLine = false
    /// Shards that wait for it; stale entries among them are dropped as they are met.
    var reserved = Heap<ReadyEntry>()
    /// What of its slots is counted in `Scheduler.liveSlots`.
    var countedSlots = 0
    /// A watchdog timer is set.
    var isWatched = false
    var latencies = LatencyTable()

    init(_ id: PeerID, generation: UInt32, lastHeard: Instant) {
        self.id = id
        self.generation = generation
        self.lastHeard = lastHeard
    }

    /// Online, born and not draining.
    var isPresent: Bool { isOnline && birth.map { !$0.isDraining } ?? false }

    /// Present and trusted: it is given shards.
    var isLive: Bool { isPresent && !isSetAside }

    /// Live, and given whatever there is.
    var isAnyones: Bool { isLive && birth.map { !$0.takesReservedOnly } ?? false }

    /// Tasks computed at a time.
    var slots: Int { birth?.slots ?? 0 }

    /// Tasks that may be outstanding at it.
    var credits: Int { birth.map { $0.slots + $0.prefetch } ?? 0 }

    func hasIdleSlot(at now: Instant) -> Bool { canTake(upTo: slots, at: now) }

    func hasCredit(at now: Instant) -> Bool { canTake(upTo: credits, at: now) }

    private func canTake(upTo limit: Int, at now: Instant) -> Bool {
        isLive && leases.count < limit && pausedUntil.map { $0 <= now } ?? true
    }
}
