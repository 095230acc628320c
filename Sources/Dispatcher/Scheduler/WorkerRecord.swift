import Fleet

/// A life of a worker that was lost, and the shards it held then.
struct Loss {
    let incarnation: Incarnation
    let shards: [ShardKey]
}

/// What the scheduler knows of one worker.
struct WorkerRecord {
    var birth: WorkerBirth?
    var isOnline = false
    var lastHeard: Instant
    /// Leases out to it.
    var leases: Set<LeaseToken> = []
    /// It refused a task: leave it alone until then.
    var pausedUntil: Instant?
    /// Its place in the line of workers with credit, so that nobody stands in it twice.
    var isInLine = false
    /// A watchdog timer is set.
    var isWatched = false

    /// Online, born and not draining.
    var isLive: Bool { isOnline && birth.map { !$0.isDraining } ?? false }

    /// Tasks that may be outstanding at it.
    var credits: Int { birth.map { $0.slots + $0.prefetch } ?? 0 }

    func hasIdleSlot(at now: Instant) -> Bool { canTake(upTo: birth?.slots ?? 0, at: now) }

    func hasCredit(at now: Instant) -> Bool { canTake(upTo: credits, at: now) }

    private func canTake(upTo limit: Int, at now: Instant) -> Bool {
        isLive && leases.count < limit && pausedUntil.map { $0 <= now } ?? true
    }
}
