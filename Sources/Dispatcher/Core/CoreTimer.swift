import Fleet

/// Something of a job due at an instant. What has become moot meanwhile is recognised and skipped when it falls due.
struct CoreTimer: Comparable {
    enum Kind: Equatable {
        /// A durable job's time has passed.
        case deadline
        /// An answer is kept no longer.
        case expiry
        /// An answer that the journal did not take is to be put there again.
        case storeAgain
    }

    let due: Instant
    let sequence: UInt64
    let id: JobID
    let kind: Kind

    static func < (a: CoreTimer, b: CoreTimer) -> Bool {
        a.due != b.due ? a.due < b.due : a.sequence < b.sequence
    }
}
