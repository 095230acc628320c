import DequeModule
import Fleet

/// Tasks that wait for a slot: dispatchers take turns, each one's tasks in the order of their coming.
///
/// So whoever shares a worker has as many of its slots' tasks as any other, however many it sends.
struct TaskQueue {
    private var tasks: [PeerID: Deque<TaskKey>] = [:]
    /// Dispatchers with tasks that wait, whose turn is next at the front.
    private var turns = Deque<PeerID>()

    mutating func append(_ key: TaskKey) {
        if tasks[key.dispatcher] == nil { turns.append(key.dispatcher) }
        tasks[key.dispatcher, default: []].append(key)
    }

    mutating func popFirst() -> TaskKey? {
        guard let dispatcher = turns.popFirst(), let key = tasks[dispatcher]?.popFirst() else { return nil }
        if tasks[dispatcher]?.isEmpty == true { tasks[dispatcher] = nil } else { turns.append(dispatcher) }
        return key
    }

    mutating func remove(_ key: TaskKey) {
        guard tasks[key.dispatcher] != nil else { return }
        tasks[key.dispatcher]?.removeAll { $0 == key }
        guard tasks[key.dispatcher]?.isEmpty == true else { return }
        tasks[key.dispatcher] = nil
        turns.removeAll { $0 == key.dispatcher }
    }
}
