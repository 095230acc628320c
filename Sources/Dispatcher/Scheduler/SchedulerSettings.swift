import Fleet

/// The constants of scheduling. Durations are what a healthy fleet never reaches.
public struct SchedulerSettings: Sendable {
    /// How often a worker beats.
    public var heartbeat: Duration = .seconds(5)
    /// A worker silent for this many heartbeats is lost.
    public var missedHeartbeats = 3
    /// Most counted attempts (expired, failed, invalid) at one shard before its job fails.
    public var maxAttempts = 4
    /// A shard that was running on this many workers as they died is poison: its job fails.
    public var maxDeaths = 3
    /// First back-off after a failure or refusal; doubles with each, plus jitter of up to as much again.
    public var backOff: Duration = .milliseconds(100)
    public var maxBackOff: Duration = .seconds(5)
    /// A lease younger than this is not missed when a heartbeat does not list it: the task may be on its way.
    public var leaseGrace: Duration = .seconds(2)
    /// Most jobs admitted at a time; more are refused as busy.
    public var maxJobs = 1024

    public init() {}

    /// How long a worker may be silent.
    var silence: Duration { heartbeat * missedHeartbeats }
}
