import DequeModule
import Fleet

/// The windows that wait for the fleet or are with it.
struct WindowTable: Sendable {
    enum State {
        case waiting
        case inFlight
        /// In flight, but past its deadline: its answer is no longer wanted.
        case abandoned
    }

    struct Entry {
        /// The trigger's position.
        let trigger: Int
        let origin: WindowOrigin
        /// Nil once the fleet has it.
        var input: WindowJob.Input?
        let deadline: Instant
        var state = State.waiting
    }

    private var entries: [WindowID: Entry] = [:]
    /// Those that wait, in the order in which they are handed out, and some that are gone.
    private var queue = Deque<WindowID>()
    private var lastNumber: UInt64 = 0
    private(set) var waiting = 0
    /// With the fleet, wanted or not.
    private(set) var inFlight = 0

    /// All that are known.
    var count: Int { entries.count }

    /// For checks.
    var all: some Collection<Entry> { entries.values }

    subscript(id: WindowID) -> Entry? { entries[id] }

    mutating func append(_ entry: Entry) -> WindowID {
        lastNumber += 1
        let id = WindowID(number: lastNumber)
        entries[id] = entry
        queue.append(id)
        waiting += 1
        // Those that went from the middle of the queue leave their names there, of which there are never more than of others.
        if queue.count > 2 * waiting + 64 { queue.removeAll { entries[$0]?.state != .waiting } }
        return id
    }

    /// Puts a newer window into the place of one that waits.
    mutating func replace(_ id: WindowID, with entry: Entry) { entries[id] = entry }

    /// The first of those that wait.
    mutating func firstWaiting() -> WindowID? {
        while let id = queue.first {
            if entries[id]?.state == .waiting { return id }
            queue.removeFirst()
        }
        return nil
    }

    /// Hands a waiting window out.
    /// - Returns: what the fleet infers from.
    mutating func start(_ id: WindowID) -> WindowJob.Input? {
        guard entries[id]?.state == .waiting else { return nil }
        entries[id]?.state = .inFlight
        waiting -= 1
        inFlight += 1
        defer { entries[id]?.input = nil }
        return entries[id]?.input
    }

    /// Notes that the answer to a window that is in flight is no longer wanted.
    mutating func abandon(_ id: WindowID) { entries[id]?.state = .abandoned }

    mutating func remove(_ id: WindowID) -> Entry? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.state == .waiting { waiting -= 1 } else { inFlight -= 1 }
        return entry
    }
}
