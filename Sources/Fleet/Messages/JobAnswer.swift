public import Codecs

/// What a client hears of its job: the outputs, an error, or how far it is.
///
/// Metadata: `protocol`, `job`, `status` (`accepted` | `progress` | `done` | `failed`), `error` (a stable code) and
/// `message` if failed, `retry_after_ms` if a refusal says when to come again, `report` (JSON). Tensors: the outputs asked for, under their ONNX names, if done.
public struct JobAnswer: Sendable {
    public enum Status: String, Sendable {
        /// The dispatcher has taken the job. Only sent if the request asked for updates.
        case accepted
        /// Something happened on the way. Only sent if the request asked for updates.
        case progress
        case done
        case failed

        /// Whether nothing comes after it.
        public var isFinal: Bool { self == .done || self == .failed }
    }

    /// Empty when the request's ID could not be read.
    public var job: String
    public var status: Status
    /// A `JobError.Code`'s raw value; may be one that this version does not know.
    public var errorCode: String?
    public var errorMessage: String?
    /// When the same request is worth sending again.
    public var retryAfter: Duration?
    /// Who has taken the job, if it says so: whoever hears that it went must send the job again.
    public var dispatcher: PeerID?
    public var report: JSON?
    /// The answer as it came; nil for a failure that the client itself found out.
    public var tensors: Safetensors?

    /// - Throws: `MessageError`: `.malformed` or `.version`.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        let file = try Safetensors(message: payload)
        try ProtocolVersion.check(file.metadata["protocol"])
        let fields = MessageFields(fields: file.metadata)
        job = try fields.string("job")
        status = try fields.parse("status", as: "a status") { Status(rawValue: $0) }
        errorCode = file.metadata["error"]
        errorMessage = file.metadata["message"]
        retryAfter = try fields.optional("retry_after_ms", as: "0 to 86400000 milliseconds") { text in
            Int64(text).flatMap { (0...86_400_000).contains($0) ? .milliseconds($0) : nil }
        }
        dispatcher = file.metadata["dispatcher"].flatMap { PeerID($0) }
        report = try fields.optional("report", as: "JSON") { text in
            try? JSON(parsing: text, limit: messageHeaderLimit)
        }
        tensors = file
    }

    /// A failure that the client itself found out.
    public init(job: JobID, failure: JobError) {
        self.job = job.text
        status = .failed
        errorCode = failure.code.rawValue
        errorMessage = failure.message
        retryAfter = failure.retryAfter
        report = nil
        tensors = nil
    }

    /// Progress that the client itself makes: a refusal for now, and after how long the job is sent again.
    public init(job: JobID, refusedBy refusal: JobAnswer, again wait: Duration) {
        self.init(job: job, failure: JobError(.busy, refusal.errorMessage ?? ""))
        errorCode = refusal.errorCode
        status = .progress
        report = [
            "event": "refused", "error": .string(refusal.errorCode ?? ""),
            "retry_after_ms": JSON(Int(wait.inMilliseconds)),
        ]
    }

    /// Lays an answer out as a payload.
    public static func encode(
        job: String, status: Status, error: JobError? = nil, dispatcher: PeerID? = nil, report: JSON? = nil,
        tensors: [TensorSource] = []
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = ["protocol": ProtocolVersion.current, "job": job, "status": status.rawValue]
        metadata["error"] = error?.code.rawValue
        metadata["message"] = error?.message
        metadata["retry_after_ms"] = error?.retryAfter.map {
            String(min(max($0.nanoseconds / 1_000_000, 0), 86_400_000))
        }
        metadata["dispatcher"] = dispatcher?.text
        metadata["report"] = report?.text()
        return try Safetensors.encode(metadata: metadata, tensors: tensors)
    }

    public static let contentType = "application/vnd.safetensors"
}
