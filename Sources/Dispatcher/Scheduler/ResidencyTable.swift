import DequeModule

/// Which workers hold what shards need there, such as a slice of a model: by who did such a
/// shard last.
///
/// A hint, not a promise: a worker may have dropped it, and then fetches it again. Bounded: what was named longest ago is
/// forgotten.
struct ResidencyTable {
    private struct Holder {
        let slot: Int
        let generation: UInt32
    }

    private static let mostKeys = 4096
    private static let mostHolders = 8

    private var holders: [UInt64: [Holder]] = [:]
    private var keys = Deque<UInt64>()

    mutating func note(_ key: UInt64, at slot: Int, _ workers: WorkerTable) {
        var list = holders[key] ?? []
        if holders[key] == nil {
            keys.append(key)
            if keys.count > Self.mostKeys { holders[keys.removeFirst()] = nil }
        }
        list.removeAll { $0.slot == slot || workers[$0.slot].generation != $0.generation }
        list.insert(Holder(slot: slot, generation: workers[slot].generation), at: 0)
        holders[key] = Array(list.prefix(Self.mostHolders))
    }

    /// The worker that did such a shard last, of those that fit.
    func holder(of key: UInt64, _ workers: WorkerTable, where fits: (WorkerRecord) -> Bool) -> Int? {
        holders[key]?.first { workers[$0.slot].generation == $0.generation && fits(workers[$0.slot]) }?.slot
    }
}
