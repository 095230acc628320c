import Fleet
import HeapModule

/// What is to happen, by its instant; what is scheduled for the same instant happens in the order of scheduling.
///
/// Events lie in slots of their own, so that the heap moves small entries.
struct EventQueue<Event> {
    private struct Entry: Comparable {
        let at: Instant
        let sequence: UInt64
        let slot: Int

        static func < (a: Entry, b: Entry) -> Bool { a.at != b.at ? a.at < b.at : a.sequence < b.sequence }

        static func == (a: Entry, b: Entry) -> Bool { a.sequence == b.sequence }
    }

    private var heap = Heap<Entry>()
    private var slots: [Event?] = []
    private var vacant: [Int] = []
    private var lastSequence: UInt64 = 0

    /// When the next event happens.
    var next: Instant? { heap.min?.at }

    mutating func insert(_ event: Event, at instant: Instant) {
        lastSequence += 1
        let slot = vacant.popLast() ?? slots.count
        if slot == slots.count { slots.append(event) } else { slots[slot] = event }
        heap.insert(Entry(at: instant, sequence: lastSequence, slot: slot))
    }

    mutating func popFirst() -> Event? {
        guard let entry = heap.popMin() else { return nil }
        vacant.append(entry.slot)
        return slots[entry.slot].take()
    }
}
