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
        generations += 1
        records[slot] = WorkerRecord(records[slot].id, generation: generations, lastHeard: .origin)
        vacant.append(slot)
    }
}
