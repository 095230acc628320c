import Fleet

/// The running jobs, each in a slot of its own, so that all else names it by a number.
struct JobTable {
    private var records: [JobRecord?] = []
    private var slots: [JobID: Int] = [:]
    private var vacant: [Int] = []

    var count: Int { slots.count }
    var isEmpty: Bool { slots.isEmpty }

    var occupied: some Sequence<Int> { slots.values }

    func slot(of id: JobID) -> Int? { slots[id] }

    /// The job in a slot, which must be in use.
    subscript(slot: Int) -> JobRecord {
        get { records[slot]! }
        _modify { yield &records[slot]! }
    }

    /// The job in a slot if it is still the one of that sequence number.
    func contains(_ slot: Int, sequence: UInt64) -> Bool { records[slot]?.sequence == sequence }

    mutating func insert(_ job: JobRecord) -> Int {
        precondition(slots[job.submission.id] == nil, "a job runs once at a time")
        let slot = vacant.popLast() ?? records.count
        if slot == records.count { records.append(job) } else { records[slot] = job }
        slots[job.submission.id] = slot
        return slot
    }

    mutating func remove(_ slot: Int) -> JobRecord {
        let job = self[slot]
        slots[job.submission.id] = nil
        records[slot] = nil
        vacant.append(slot)
        return job
    }
}
