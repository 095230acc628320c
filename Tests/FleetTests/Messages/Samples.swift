// One small, fixed instance of every message, and the bytes of safetensors written out by hand.

import Codecs
import Fleet

enum Samples {
    static let job = JobID("j1")!
    static let lease = LeaseToken(epoch: 0x1f, number: 10)
    static let header = TaskHeader(job: job, shard: 2, attempt: 1, lease: lease, incarnation: Incarnation(7))

    static let info = WorkerInfo(
        incarnation: Incarnation(.max), version: "1.2", slots: 4, prefetch: 2, memory: 1 << 33, contextBytes: 1 << 16,
        instructionSet: "avx2", labels: ["room": "k\"1", "a": "é"], isDraining: true,
        leases: [lease, LeaseToken(epoch: 1, number: 0)])

    static let stats = WorkerStats(
        incarnation: Incarnation(7), running: 3, freeSlots: 1, leases: [lease], tasksDone: 5, tasksFailed: 1,
        tasksRefused: 2, messagesDropped: 9, residentMemory: 12_000_000, load: 0.5,
        speeds: ["attention": 4.5e9])

    /// Two query heads on one key/value head; one query, two keys, head sizes 1 and 1.
    static func task(
        type: TensorType = .f32, mask: TensorSource? = boolMask,
        _ attributes: TaskAttributes = TaskAttributes(scale: 0.5, windowLast: 1)
    ) throws -> [UInt8] {
        var tensors = [
            zeros("Q", type, [2, 1, 1]), zeros("K", type, [1, 2, 1]), zeros("V", type, [1, 2, 1]),
        ]
        if let mask { tensors.append(mask) }
        return try TaskMessage.encode(header, attributes, tensors: tensors)
    }

    /// A task with a value for every field.
    static let allAttributes = TaskAttributes(
        scale: 0.5, softcap: 30, windowFirst: -3, windowLast: 1, softmaxPrecision: .float64, scoreOutput: .biased)

    static let additiveHeader = TaskHeader(
        op: "AdditiveAttention", job: job, shard: 2, attempt: 1, lease: lease, incarnation: Incarnation(7))

    /// The same heads, queries and keys; key size 2, hidden size 3.
    static func additiveTask(_ changes: [String: (TensorType, [Int])?] = [:]) throws -> [UInt8] {
        var tensors: [String: (TensorType, [Int])] = [
            "Q": (.f32, [2, 1, 1]), "K": (.f32, [1, 2, 2]), "V": (.f32, [1, 2, 1]), "W_query": (.f32, [1, 3, 1]),
            "W_key": (.f32, [1, 3, 2]), "w_score": (.f32, [1, 3]),
        ]
        for (name, tensor) in changes { tensors[name] = tensor }
        return try TaskMessage.encode(
            additiveHeader, TaskAttributes(scale: 1), tensors: tensors.map { zeros($0.key, $0.value.0, $0.value.1) })
    }

    static var boolMask: TensorSource { TensorSource("attn_mask", .bool, shape: [1, 1, 2], [UInt8]([1, 0])) }

    static func result() throws -> [UInt8] {
        try ResultMessage.encodeDone(
            header, queued: .microseconds(12), compute: .milliseconds(3),
            tensors: [
                TensorSource("O", .f32, shape: [1, 1, 1], [Float(1)]),
                TensorSource("lse", .f32, shape: [1, 1], [-Float.infinity]),
            ])
    }

    static func operands(_ metadata: [String: String] = ["is_causal": "1"]) throws -> Safetensors {
        try Safetensors(
            parsing: Safetensors.encode(
                metadata: metadata,
                tensors: ["Q", "K", "V"].map { TensorSource($0, .f32, shape: [1, 1, 1, 1], [Float(1)]) }))
    }

    static func request() throws -> [UInt8] {
        try JobRequest.encode(operands(), as: job, timeout: .seconds(2), priority: -5, wantsUpdates: true)
    }

    static func answer() throws -> [UInt8] {
        try JobAnswer.encode(
            job: "j1", status: .failed, error: JobError(.noWorker, "say \"so\""), report: ["shards": 3],
            tensors: [TensorSource("Y", .f16, shape: [1, 1], [Float16(1)])])
    }

    /// A safetensors payload with these fields and no tensor.
    static func fields(_ metadata: [String: String]) throws -> [UInt8] {
        try Safetensors.encode(metadata: metadata, tensors: [])
    }

    /// A copy of a safetensors message with some of its fields set, or removed.
    static func changing(_ payload: [UInt8], _ changes: [String: String?]) throws -> [UInt8] {
        let file = try Safetensors(parsing: payload)
        var metadata = file.metadata
        for (key, value) in changes { metadata[key] = value }
        return try Safetensors.encode(metadata: metadata, tensors: file.tensors.map { TensorSource($0, of: file) })
    }

    static func zeros(_ name: String, _ type: TensorType, _ shape: [Int]) -> TensorSource {
        TensorSource(name, type, shape: shape) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    /// The payload of a header's text, padded as the format wants it, and data.
    static func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
        let padded = Array(header.utf8) + Array(repeating: UInt8(ascii: " "), count: (8 - header.utf8.count % 8) % 8)
        return (0..<8).map { UInt8(truncatingIfNeeded: padded.count >> (8 * $0)) } + padded + data
    }
}
