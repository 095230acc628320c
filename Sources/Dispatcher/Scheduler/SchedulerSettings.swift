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
    /// The longest way of messages that leases are given time for because others took it.
    public var mostTransit: Duration = .seconds(60)
    /// One lease in so many goes to the shard that has waited longest, whatever its priority: nobody starves.
    public var elderShare = 16

    /// An attempt that takes longer than this part of the worker's attempts at such shards is hedged.
    public var hedgeQuantile = 0.95
    /// Attempts that a worker must have made before its own latencies say something; before, the fleet's do.
    public var hedgeSamples = 8
    /// No attempt is hedged before this, however fast the others were.
    public var hedgeFloor: Duration = .milliseconds(50)
    /// Most hedges at a stroke, and how many are earned by each task sent.
    public var hedgeBurst = 10
    public var hedgesPerTask = 0.05

    /// How long a worker is set aside after an invalid result, before it is probed; doubles with each failed probe.
    public var probation: Duration = .seconds(5)
    public var maxProbation: Duration = .seconds(600)
    /// How long a probe may take.
    public var probeDuration: Duration = .seconds(10)
    /// Most workers remembered as set aside; beyond it the one that is due first is forgotten.
    public var maxSetAside = 4096

    public init() {}

    /// How long a worker may be silent.
    var silence: Duration { heartbeat * missedHeartbeats }

    /// The `count`th back-off, without jitter.
    func backOff(after count: Int) -> Duration { min(backOff * (1 << min(max(count - 1, 0), 20)), maxBackOff) }

    func probation(after strikes: Int) -> Duration {
        min(probation * (1 << min(max(strikes - 1, 0), 20)), maxProbation)
    }
}
