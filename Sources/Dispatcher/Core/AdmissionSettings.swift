import Fleet

/// How much a dispatcher takes on, and for how long it keeps what it has done.
public struct AdmissionSettings: Sendable {
    /// Most jobs in memory at a time.
    public var jobs = 1024
    /// Most bytes of requests and outputs in memory at a time; one job alone may be larger.
    public var bytes = 1 << 30
    /// The largest part of those that one client may use.
    public var clientShare = 0.5
    /// Most durable jobs in the journal, answers kept included.
    public var storedJobs = 100_000
    /// Most bytes of their requests and answers.
    public var storedBytes = 16 << 30
    /// Most bytes of requests on their way into the journal.
    public var storingBytes = 128 << 20
    /// How long a durable job may wait for memory before transient jobs are refused in its favour.
    public var patience: Duration = .seconds(5)
    /// Most clients that wait for one job.
    public var waiters = 64
    /// Bounds of the answers of transient jobs, kept for repeated requests.
    public var answerBytes = 64 << 20
    public var answerLifetime: Duration = .seconds(60)
    /// How long the answer of a durable job is kept that nobody releases.
    public var durableAnswerLifetime: Duration = .seconds(24 * 3600)
    /// How long a drained dispatcher goes on with the jobs that it has.
    public var drainGrace: Duration = .seconds(30)
    /// The pause before an answer is put into the journal again that could not be.
    public var journalBackOff: Duration = .seconds(1)

    public init() {}
}
