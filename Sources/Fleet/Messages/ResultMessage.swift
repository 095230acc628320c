public import Codecs

/// A worker's answer to one task.
///
/// Metadata: `protocol`, `message` = `result`, `job`, `shard`, `attempt`, `lease`, `incarnation`, `status`
/// (`done` | `refused` | `failed`), with `code` and `reason` unless done, and `queued_us` and `compute_us`: how long
/// the task waited for a slot and how long it was computed, in microseconds. Tensors of a `done` result:
///
/// - `O` F32 [query heads, queries, value head size], normalised over the task's keys
/// - `lse` F32 [query heads, queries], their log-sum-exp
/// - `qk_matmul_output` F32 [query heads, queries, keys], the scores, if the task asks for them
public struct ResultMessage: Sendable {
    public enum Status: Sendable, Equatable {
        case done
        case refused(code: String)
        case failed(code: String, reason: String)
    }

    /// The refusal of a task whose keys and values are not kept at the worker.
    public static let missing = MessageError.Code.missing.rawValue

    public var job: JobID
    public var shard: Int
    public var attempt: Int
    public var lease: LeaseToken
    public var incarnation: Incarnation
    public var status: Status
    public var queued: Duration
    public var compute: Duration
    /// Holds `O` and `lse`, and the scores asked for, if done; not yet compared with what the shard calls for.
    public var tensors: Safetensors?

    /// - Throws: `MessageError`: `.malformed` or `.version`.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        let file = try Safetensors(message: payload)
        try ProtocolVersion.check(file.metadata["protocol"])
        let fields = MessageFields(fields: file.metadata)
        guard try fields.string("message") == "result" else { throw MessageError(.malformed, "not a result") }
        job = try fields.parse("job", as: "a job ID (\(JobID.rule))") { JobID($0) }
        shard = try fields.int("shard")
        attempt = try fields.int("attempt")
        lease = try fields.parse("lease", as: "a lease") { LeaseToken($0) }
        incarnation = Incarnation(try fields.parse("incarnation", as: "an incarnation") { UInt64($0) })
        queued = try Self.duration(fields, "queued_us")
        compute = try Self.duration(fields, "compute_us")
        switch try fields.string("status") {
        case "done":
            status = .done
            tensors = file
        case "refused": status = .refused(code: try Self.code(fields))
        case "failed":
            status = .failed(
                code: try Self.code(fields), reason: String((file.metadata["reason"] ?? "").prefix(Self.maxReason)))
        default: throw MessageError(.malformed, "'status' is none of done, refused, failed")
        }
    }

    /// A result that goes nowhere: `tensors` as `encodeDone` would lay them out.
    /// - Throws: `SafetensorsError` if they cannot be.
    public init(
        done task: TaskHeader, queued: Duration, compute: Duration, holding tensors: [TensorSource]
    ) throws(SafetensorsError) {
        (job, shard, attempt, lease) = (task.job, task.shard, task.attempt, task.lease)
        (incarnation, status) = (task.incarnation, .done)
        (self.queued, self.compute) = (queued, compute)
        self.tensors = try Safetensors(holding: tensors)
    }

    /// Most characters of a reason that are kept: it goes into logs, and into the answer's report with every retry.
    static let maxReason = 1024

    private static func code(_ fields: MessageFields) throws(MessageError) -> String {
        String(try fields.string("code").prefix(64))
    }

    private static func duration(_ fields: MessageFields, _ key: String) throws(MessageError) -> Duration {
        let microseconds = try fields.optional(key, as: "microseconds") { UInt64($0) }
        return .microseconds(Int64(clamping: microseconds ?? 0))
    }

    /// Lays out the result of a computed task; the sources write O and lse straight into the payload.
    public static func encodeDone(
        _ task: TaskHeader, queued: Duration, compute: Duration, tensors: [TensorSource]
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = Self.metadata(task, status: "done")
        metadata["queued_us"] = String(max(queued.nanoseconds, 0) / 1000)
        metadata["compute_us"] = String(max(compute.nanoseconds, 0) / 1000)
        return try Safetensors.encode(metadata: metadata, tensors: tensors)
    }

    public static func encodeRefused(_ task: TaskHeader, code: String) throws(SafetensorsError) -> [UInt8] {
        var metadata = Self.metadata(task, status: "refused")
        metadata["code"] = code
        return try Safetensors.encode(metadata: metadata, tensors: [])
    }

    public static func encodeFailed(
        _ task: TaskHeader, code: String, reason: String
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = Self.metadata(task, status: "failed")
        metadata["code"] = code
        metadata["reason"] = reason
        return try Safetensors.encode(metadata: metadata, tensors: [])
    }

    private static func metadata(_ task: TaskHeader, status: String) -> [String: String] {
        var metadata = task.metadata
        metadata["message"] = "result"
        metadata["op"] = nil
        metadata["status"] = status
        return metadata
    }
}
