import Fleet

/// Something due at an instant. What has become moot meanwhile is recognised and skipped when it falls due.
struct TimerEntry: Comparable {
    enum Kind: Equatable {
        case leaseExpiry(UInt64)
        /// The attempt has taken longer than most do.
        case hedge(UInt64)
        case jobDeadline(Int, sequence: UInt64)
        /// Shards of a job's stage need not wait for their workers any longer.
        case reservations(Int, sequence: UInt64, stage: Int)
        case retry(Int, sequence: UInt64, shard: Int, turn: Int)
        case workerWatchdog(Int, generation: UInt32)
        case workerResume(Int, generation: UInt32)
        /// A worker that is set aside is to be probed.
        case probe(PeerID)
        case probeExpiry(UInt64)
    }

    let due: Instant
    /// Order of setting, so that equal instants fire in a fixed order.
    let sequence: UInt64
    let kind: Kind

    static func < (a: TimerEntry, b: TimerEntry) -> Bool {
        a.due != b.due ? a.due < b.due : a.sequence < b.sequence
    }
}
