import Fleet

/// A shard that may be leased, in the order of leasing: priority, then earliest deadline, then age, then plan order.
struct ReadyEntry: Comparable {
    let priority: Int
    let deadline: Instant
    let sequence: UInt64
    let key: ShardKey
    /// `ShardRecord.turn` when it was queued.
    let turn: Int

    static func < (a: ReadyEntry, b: ReadyEntry) -> Bool {
        if a.priority != b.priority { return a.priority > b.priority }
        if a.deadline != b.deadline { return a.deadline < b.deadline }
        if a.sequence != b.sequence { return a.sequence < b.sequence }
        return a.key.shard < b.key.shard
    }

    static func == (a: ReadyEntry, b: ReadyEntry) -> Bool { a.key == b.key && a.turn == b.turn }
}

/// Something due at an instant. What has become moot meanwhile is recognised and skipped when it falls due.
struct TimerEntry: Comparable {
    enum Kind: Equatable {
        case leaseExpiry(LeaseToken)
        case jobDeadline(JobID, sequence: UInt64)
        case retry(ShardKey, turn: Int)
        case workerWatchdog(PeerID)
        case workerResume(PeerID)
    }

    let due: Instant
    /// Order of setting, so that equal instants fire in a fixed order.
    let sequence: UInt64
    let kind: Kind

    static func < (a: TimerEntry, b: TimerEntry) -> Bool {
        a.due != b.due ? a.due < b.due : a.sequence < b.sequence
    }
}
