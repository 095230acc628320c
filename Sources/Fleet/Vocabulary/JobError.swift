/// Why a job was refused or failed: a stable code for programs and a sentence for people.
public struct JobError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Codes are part of the wire: they are added to, never changed.
    public enum Code: String, Sendable, CaseIterable {
        /// The request breaks the operator's or the wire's rules.
        case invalidRequest = "invalid-request"
        /// A valid request for something that this version does not do.
        case unsupported
        /// The same job ID with another request.
        case conflict = "job-conflict"
        /// Too much is running; try again later.
        case busy
        case shuttingDown = "shutting-down"
        /// No worker was live within the job's timeout.
        case noWorker = "no-worker"
        case deadlineExceeded = "deadline-exceeded"
        /// A shard failed on every attempt.
        case shardFailed = "shard-failed"
        /// A shard took too many workers down with it.
        case poison
        case cancelled
        /// The dispatcher's journal could not take or give back a durable job.
        case journal
        /// The answer is larger than the broker lets through.
        case tooLarge = "too-large"
        /// Found out by the client: no dispatcher was online.
        case noDispatcher = "no-dispatcher"
        /// Found out by the client: the answer did not come.
        case noAnswer = "no-answer"
    }

    public let code: Code
    public let message: String
    /// When the same request is worth sending again, as far as the dispatcher can tell.
    public let retryAfter: Duration?

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    public var description: String { "\(code.rawValue): \(message)" }

    /// Whether sending the same request again may succeed.
    public var isRetryable: Bool {
        switch code {
        case .busy, .shuttingDown, .journal, .noWorker, .deadlineExceeded, .noDispatcher, .noAnswer: true
        default: false
        }
    }
}
