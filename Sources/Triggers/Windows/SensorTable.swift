import Fleet

/// The sensors of one trigger, at most so many, in the order in which their last readings were taken: those that have gone
/// are found at the front, without a look at the others.
struct SensorTable: Sendable {
    /// A place in the table, reused once its sensor is forgotten.
    typealias Slot = Int32

    private struct Entry {
        /// Nil in a free slot.
        var sensor: Sensor?
        var previous: Slot?
        /// Also the next of the free slots.
        var next: Slot?
    }

    let limit: Int
    private var entries: [Entry] = []
    private var slots: [String: Slot] = [:]
    private var firstFree: Slot?
    /// The sensor that has had no reading for longest.
    private var oldest: Slot?
    private var newest: Slot?

    init(limit: Int) { self.limit = limit }

    var count: Int { slots.count }

    func slot(of id: String) -> Slot? { slots[id] }

    /// The sensor in a slot that is in use.
    subscript(slot: Slot) -> Sensor {
        get { entries[Int(slot)].sensor! }
        _modify { yield &entries[Int(slot)].sensor! }
    }

    /// Adds a sensor that is not there.
    /// - Returns: nil if there are as many as may be.
    mutating func add(_ sensor: Sensor) -> Slot? {
        guard slots.count < limit else { return nil }
        let slot: Slot
        if let free = firstFree {
            slot = free
            firstFree = entries[Int(free)].next
            entries[Int(slot)].sensor = sensor
        } else {
            slot = Slot(entries.count)
            entries.append(Entry(sensor: sensor))
        }
        slots[sensor.id] = slot
        linkAsNewest(slot)
        return slot
    }

    /// Notes that a reading of the sensor was taken.
    mutating func touch(_ slot: Slot, at now: Instant) {
        self[slot].lastTaken = now
        guard newest != slot else { return }
        unlink(slot)
        linkAsNewest(slot)
    }

    /// When the sensor was last heard of that has had no reading for longest; nil if there are none.
    var oldestTaken: Instant? { oldest.map { self[$0].lastTaken } }

    /// Forgets the sensor that has had no reading for longest.
    mutating func removeOldest() -> Sensor? {
        guard let slot = oldest, let sensor = entries[Int(slot)].sensor else { return nil }
        unlink(slot)
        slots[sensor.id] = nil
        entries[Int(slot)] = Entry(next: firstFree)
        firstFree = slot
        if slots.isEmpty { removeAll() }
        return sensor
    }

    /// Sensors, for checks and tests.
    var all: some Sequence<Sensor> { entries.lazy.compactMap(\.sensor) }

    /// A table that a burst made large is not kept.
    private mutating func removeAll() {
        entries = []
        slots = [:]
        (firstFree, oldest, newest) = (nil, nil, nil)
    }

    private mutating func linkAsNewest(_ slot: Slot) {
        entries[Int(slot)].previous = newest
        entries[Int(slot)].next = nil
        if let newest { entries[Int(newest)].next = slot } else { oldest = slot }
        newest = slot
    }

    private mutating func unlink(_ slot: Slot) {
        let (previous, next) = (entries[Int(slot)].previous, entries[Int(slot)].next)
        if let previous { entries[Int(previous)].next = next } else { oldest = next }
        if let next { entries[Int(next)].previous = previous } else { newest = previous }
    }
}
