public import Codecs

/// A job as a client sends it: an operator's inputs as tensors, its attributes and the job's fields as metadata.
///
/// Fields: `job` (the client's ID), `op` (default `Attention`), `outputs` (comma list, default `Y`), `deadline_ms` (how long the
/// job may take; default by the dispatcher), `priority` (−100 to 100, default 0, higher goes first), `durable`
/// (keep the job on disk until it has ended: it survives the dispatcher), `updates` (answer also with `accepted` and `progress` messages on the way), `protocol` (default: this one).
/// Everything else is the operator's; see `AttentionRequest`.
public struct JobRequest: Sendable {
    public let id: JobID
    public let op: String
    public let outputs: [String]
    public let timeout: Duration?
    public let priority: Int
    public let isDurable: Bool
    public let wantsUpdates: Bool
    public let tensors: Safetensors
    /// Tells two requests under one ID apart. Not for secrets.
    public let digest: UInt64

    /// In milliseconds, up to a day.
    private static let deadlines: ClosedRange<Int64> = 1...86_400_000
    private static let priorities = -100...100

    /// The ID that a payload claims, if it can be read at all: so that an error can name the job.
    public static func claimedID(_ payload: [UInt8]) -> JobID? {
        (try? Safetensors(message: payload))?.metadata["job"].flatMap { JobID($0) }
    }

    /// - Throws: `JobError`: `.invalidRequest`, `.unsupported`.
    public init(decoding payload: [UInt8]) throws(JobError) {
        do throws(MessageError) {
            tensors = try Safetensors(message: payload)
            if let version = tensors.metadata["protocol"] { try ProtocolVersion.check(version) }
            let fields = MessageFields(fields: tensors.metadata)
            id = try fields.parse("job", as: "a job ID (\(JobID.rule))") { JobID($0) }
            op = tensors.metadata["op"] ?? AttentionOperator.attention.rawValue
            outputs = (tensors.metadata["outputs"] ?? "Y").split(separator: ",").map { $0.filter { $0 != " " } }
            let milliseconds = try fields.optional("deadline_ms", as: "1 to 86400000 milliseconds") { text in
                Int64(text).flatMap { Self.deadlines.contains($0) ? $0 : nil }
            }
            timeout = milliseconds.map { .milliseconds($0) }
            priority =
                try fields.optional("priority", as: "an integer from -100 to 100") { text in
                    Int(text).flatMap { Self.priorities.contains($0) ? $0 : nil }
                } ?? 0
            wantsUpdates = try fields.optional("updates", as: "true or false", parseBoolean) ?? false
            isDurable = try fields.optional("durable", as: "true or false", parseBoolean) ?? false
        } catch {
            throw JobError(error.code == .unsupported ? .unsupported : .invalidRequest, error.message)
        }
        digest = Self.digest(of: payload)
    }

    /// Lays a request out as a payload: the operator's tensors and attributes, with the job's fields set.
    /// - Throws: `JobError.invalidRequest` if a field is out of its range or the tensors cannot be laid out.
    public static func encode(
        _ operands: Safetensors, as id: JobID, timeout: Duration? = nil, priority: Int = 0, isDurable: Bool = false,
        wantsUpdates: Bool = false
    ) throws(JobError) -> [UInt8] {
        let milliseconds = timeout.map { max($0.nanoseconds / 1_000_000, 1) }
        guard milliseconds.map(Self.deadlines.contains) ?? true else {
            throw JobError(.invalidRequest, "a job may take a day at most, not \(milliseconds ?? 0) ms")
        }
        guard priorities.contains(priority) else {
            throw JobError(.invalidRequest, "the priority must be -100 to 100, not \(priority)")
        }
        var metadata = operands.metadata
        metadata["protocol"] = ProtocolVersion.current
        metadata["job"] = id.text
        metadata["deadline_ms"] = milliseconds.map { String($0) }
        metadata["priority"] = priority == 0 ? nil : String(priority)
        metadata["durable"] = isDurable ? "true" : nil
        metadata["updates"] = wantsUpdates ? "true" : nil
        do throws(SafetensorsError) {
            return try Safetensors.encode(
                metadata: metadata, tensors: operands.tensors.map { TensorSource($0, of: operands) })
        } catch {
            throw JobError(.invalidRequest, error.message)
        }
    }

    /// FNV-1a over words of 8 bytes, in four lanes side by side, since a multiplication takes longer than a word; then over the
    /// bytes that are left, and the lanes.
    private static func digest(of payload: [UInt8]) -> UInt64 {
        payload.withUnsafeBytes { bytes in
            let seed = 0xcbf2_9ce4_8422_2325 ^ UInt64(bytes.count)
            var (a, b, c, d) = (seed &+ 1, seed &+ 2, seed &+ 3, seed &+ 4)
            let end = bytes.count / 32 * 32
            for row in stride(from: 0, to: end, by: 32) {
                a = mix(a, bytes.loadUnaligned(fromByteOffset: row, as: UInt64.self))
                b = mix(b, bytes.loadUnaligned(fromByteOffset: row + 8, as: UInt64.self))
                c = mix(c, bytes.loadUnaligned(fromByteOffset: row + 16, as: UInt64.self))
                d = mix(d, bytes.loadUnaligned(fromByteOffset: row + 24, as: UInt64.self))
            }
            var hash = a
            for index in end..<bytes.count { hash = mix(hash, UInt64(bytes[index])) }
            for lane in [b, c, d] { hash = mix(hash, lane) }
            return hash
        }
    }

    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0x100_0000_01b3
        return product ^ product >> 29
    }
}
