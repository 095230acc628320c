import Fleet

/// The workers, each in a slot of its own while it is known, so that all else names it by a number.
struct WorkerTable {
    private var records: [WorkerRecord] = []
    private var slots: [PeerID: Int] = [:]
    private var vacant: [Int] = []
    private var generations: UInt32 = 0

    var count: Int { slots.count }

    /// Slots in use, in the order of the workers' names: a fixed order, whatever came before.
    var inOrder: [Int] { slots.sorted { $0.key < $1.key }.map(\.value) }

    /// Slots in use, in no order.
    var occupied: some Sequence<Int> { slots.values }

    /// Slots, in use or not: they begin at 0.
    var places: Int { records.count }

    /// Slots of workers that take reserved shards only; few.
    private(set) var occupiedByReserved: [Int] = []

    /// Notes whether a worker takes reserved shards only.
    mutating func takesReservedOnly(_ slot: Int, _ takes: Bool) {
        guard takes != occupiedByReserved.contains(slot) else { return }
        if takes { occupiedByReserved.append(slot) } else { occupiedByReserved.removeAll { $0 == slot } }
    }

    func slot(of id: PeerID) -> Int? { slots[id] }

    subscript(slot: Int) -> WorkerRecord {
        get { records[slot] }
        _modify { yield &records[slot] }
    }

    /// The slot of a worker, made if it is not known.
    mutating func slot(of id: PeerID, at now: Instant) -> Int {
        if let slot = slots[id] { return slot }
        generations += 1
        let record = WorkerRecord(id, generation: generations, lastHeard: now)
        let slot = vacant.popLast() ?? records.count
        if slot == records.count { records.append(record) } else { records[slot] = record }
        slots[id] = slot
        return slot
    }

    mutating func remove(_ slot: Int) {
        slots[records[slot].id] = nil
        takesReservedOnly(slot, false)
        generations += 1
        records[slot] = WorkerRecord(records[slot].id, generation: generations, lastHeard: .origin)
        vacant.append(slot)
    }
}
