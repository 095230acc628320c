import Fleet

/// A durable job that waits in the journal for memory.
///
/// Each step of priority is worth a second of waiting: the urgent go first, and nobody starves.
struct BacklogEntry: Comparable {
    let rank: Instant
    let sequence: UInt64
    let id: JobID

    init(_ entry: JobEntry, since: Instant) {
        rank = since.advanced(by: .seconds(-entry.ticket.priority))
        sequence = entry.sequence
        id = entry.ticket.id
    }

    static func < (a: BacklogEntry, b: BacklogEntry) -> Bool {
        a.rank != b.rank ? a.rank < b.rank : a.sequence < b.sequence
    }
}
