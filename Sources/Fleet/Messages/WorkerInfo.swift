import Codecs

/// A worker's birth: who it is and what it can do. Retained; published at every connection and when it changes.
public struct WorkerInfo: Sendable, Equatable {
    public var incarnation: Incarnation
    /// The worker's software version.
    public var version: String
    /// Tasks computed at a time.
    public var slots: Int
    /// Tasks taken beyond the slots, so that the next one is there when a slot falls free.
    public var prefetch: Int
    /// The machine's memory in bytes.
    public var memory: UInt64
    /// Most bytes of tasks whose keys and values are kept for later ones; 0: none are.
    public var contextBytes: UInt64
    /// The kernels' variant, such as `avx2`.
    public var instructionSet: String
    public var labels: [String: String]
    /// It finishes what it holds, takes nothing new, and goes.
    public var isDraining: Bool
    /// Every lease that the worker holds at this moment: a task that is not listed is lost.
    public var leases: [LeaseToken]

    public init(
        incarnation: Incarnation, version: String, slots: Int, prefetch: Int, memory: UInt64,
        contextBytes: UInt64 = 0, instructionSet: String, labels: [String: String] = [:],
        isDraining: Bool = false, leases: [LeaseToken] = []
    ) {
        self.incarnation = incarnation
        self.version = version
        self.slots = slots
        self.prefetch = prefetch
        self.memory = memory
        self.contextBytes = contextBytes
        self.instructionSet = instructionSet
        self.labels = labels
        self.isDraining = isDraining
        self.leases = leases
    }

    /// Most slots or prefetch that are believed: more is a mistake or an attack.
    static let maxSlots = 4096

    public init(decoding payload: [UInt8]) throws(MessageError) {
        self = try decodeJSON(payload) { (json) throws(JSONError) in
            let labels = try json.optionalObject("labels") ?? [:]
            return WorkerInfo(
                incarnation: Incarnation(try json.uint64("incarnation")),
                version: try json.optionalString("version") ?? "",
                slots: try json.int("slots"), prefetch: try json.optionalInt("prefetch") ?? 0,
                memory: try json.optionalUInt64("memory_bytes") ?? 0,
                contextBytes: try json.optionalUInt64("context_bytes") ?? 0,
                instructionSet: try json.optionalString("instruction_set") ?? "",
                labels: Dictionary(
                    uniqueKeysWithValues: labels.members.compactMap { member in
                        member.value.stringValue.map { (member.key, $0) }
                    }),
                isDraining: try json.optionalBool("draining") ?? false, leases: try decodeLeases(json))
        }
        guard (1...Self.maxSlots).contains(slots), (0...Self.maxSlots).contains(prefetch) else {
            throw MessageError(.invalid, "slots \(slots) and prefetch \(prefetch) must be 1 to \(Self.maxSlots)")
        }
    }

    public func encoded() -> [UInt8] {
        let json: JSON = [
            "protocol": .string(ProtocolVersion.current), "incarnation": JSON(incarnation.number),
            "version": .string(version), "slots": JSON(slots), "prefetch": JSON(prefetch),
            "memory_bytes": JSON(memory), "context_bytes": JSON(contextBytes),
            "instruction_set": .string(instructionSet),
            "labels": .object(
                JSON.Object(labels.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) })),
            "draining": .bool(isDraining), "leases": JSON(leases.map(\.description)),
        ]
        return json.encoded()
    }
}
