import Codecs

/// A worker's heartbeat, every five seconds: that it lives, what it holds, how it is.
public struct WorkerStats: Sendable, Equatable {
    public var incarnation: Incarnation
    public var running: Int
    public var freeSlots: Int
    /// Every lease held: running, waiting, or with its result not yet sent.
    public var leases: [LeaseToken]
    public var tasksDone: Int
    public var tasksFailed: Int
    public var tasksRefused: Int
    /// Messages lost because they came faster than they were taken.
    public var messagesDropped: UInt64
    /// Resident memory in bytes.
    public var residentMemory: UInt64
    /// The machine's load average over one minute.
    public var load: Double
    /// The models that are ready in its memory.
    public var models: [BlobDigest]
    /// Floating-point operations a second of one slot, by kind of work, such as `attention`; as measured at its start.
    public var speeds: [String: Double]

    public init(
        incarnation: Incarnation, running: Int = 0, freeSlots: Int = 0, leases: [LeaseToken] = [], tasksDone: Int = 0,
        tasksFailed: Int = 0, tasksRefused: Int = 0, messagesDropped: UInt64 = 0, residentMemory: UInt64 = 0,
        load: Double = 0, models: [BlobDigest] = [], speeds: [String: Double] = [:]
    ) {
        self.incarnation = incarnation
        self.running = running
        self.freeSlots = freeSlots
        self.leases = leases
        self.tasksDone = tasksDone
        self.tasksFailed = tasksFailed
        self.tasksRefused = tasksRefused
        self.messagesDropped = messagesDropped
        self.residentMemory = residentMemory
        self.load = load
        self.models = models
        self.speeds = speeds
    }

    public init(decoding payload: [UInt8]) throws(MessageError) {
        self = try decodeJSON(payload) { (json) throws(JSONError) in
            let speeds = try json.optionalObject("speeds") ?? [:]
            return WorkerStats(
                incarnation: Incarnation(try json.uint64("incarnation")),
                running: try json.optionalInt("running") ?? 0, freeSlots: try json.optionalInt("free_slots") ?? 0,
                leases: try decodeLeases(json), tasksDone: try json.optionalInt("tasks_done") ?? 0,
                tasksFailed: try json.optionalInt("tasks_failed") ?? 0,
                tasksRefused: try json.optionalInt("tasks_refused") ?? 0,
                messagesDropped: try json.optionalUInt64("messages_dropped") ?? 0,
                residentMemory: try json.optionalUInt64("resident_bytes") ?? 0,
                load: try json.optionalDouble("load") ?? 0,
                models: json["models"] == nil ? [] : try json.strings("models").compactMap { BlobDigest($0) },
                speeds: Dictionary(uniqueKeysWithValues: speeds.members.compactMap { believableSpeed($0) }))
        }
    }

    public func encoded() -> [UInt8] {
        var json: JSON.Object = [
            "protocol": .string(ProtocolVersion.current), "incarnation": JSON(incarnation.number),
            "running": JSON(running), "free_slots": JSON(freeSlots), "leases": JSON(leases.map(\.description)),
            "tasks_done": JSON(tasksDone), "tasks_failed": JSON(tasksFailed), "tasks_refused": JSON(tasksRefused),
            "messages_dropped": JSON(messagesDropped), "resident_bytes": JSON(residentMemory), "load": JSON(load),
        ]
        if !speeds.isEmpty {
            json["speeds"] = .object(JSON.Object(speeds.sorted { $0.key < $1.key }.map { ($0.key, JSON($0.value)) }))
        }
        if !models.isEmpty { json["models"] = JSON(models.map(\.description)) }
        return JSON.object(json).encoded()
    }
}

/// A plan may be wrong by it, and no more: what is no speed is left out.
private func believableSpeed(_ member: (key: String, value: JSON)) -> (String, Double)? {
    guard let speed = member.value.doubleValue, speed > 0, speed < 1e16 else { return nil }
    return (member.key, speed)
}
