import DequeModule
import Fleet
import HeapModule

/// A shard that may be leased, in the order of leasing: priority, then earliest deadline, then age, then plan order.
struct ReadyEntry: Comparable {
    let priority: Int
    let deadline: Instant
    /// The job's.
    let sequence: UInt64
    /// The job's slot.
    let job: Int
    let shard: Int
    /// `ShardRecord.turn` when it was queued.
    let turn: Int

    static func < (a: ReadyEntry, b: ReadyEntry) -> Bool {
        if a.priority != b.priority { return a.priority > b.priority }
        if a.deadline != b.deadline { return a.deadline < b.deadline }
        if a.sequence != b.sequence { return a.sequence < b.sequence }
        return a.shard < b.shard
    }

    static func == (a: ReadyEntry, b: ReadyEntry) -> Bool {
        a.sequence == b.sequence && a.shard == b.shard && a.turn == b.turn
    }
}

/// The shards that wait for a worker, by urgency and by age. Entries that have become stale are dropped as they are met.
struct ReadyQueue {
    private(set) var byUrgency = Heap<ReadyEntry>()
    private(set) var byAge = Deque<ReadyEntry>()

    var count: Int { max(byUrgency.count, byAge.count) }

    var mostUrgent: ReadyEntry? { byUrgency.min }

    var oldest: ReadyEntry? { byAge.first }

    mutating func insert(_ entry: ReadyEntry) {
        byUrgency.insert(entry)
        byAge.append(entry)
    }

    mutating func dropMostUrgent() { byUrgency.removeMin() }

    mutating func dropOldest() { byAge.removeFirst() }

    /// Puts back what was dropped as the most urgent; its age stands in the other queue still.
    mutating func putBack(_ entries: [ReadyEntry]) { byUrgency.insert(contentsOf: entries) }

    mutating func keep(_ current: (ReadyEntry) -> Bool) {
        byUrgency = Heap(byUrgency.unordered.filter(current))
        byAge.removeAll { !current($0) }
    }

    mutating func removeAll() { self = ReadyQueue() }
}
