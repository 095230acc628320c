import Codecs
import Fleet

/// What happened to a job: its plan, each shard's way through the fleet, every retry.
///
/// Times are in milliseconds since the job came. JSON keys are part of the wire.
struct JobReport: Sendable {
    struct ShardTimes: Sendable {
        var worker = ""
        var attempt = 0
        var sent = Duration.zero
        var done = Duration.zero
        var queued = Duration.zero
        var compute = Duration.zero
        var bytesSent = 0
        var bytesReceived = 0
    }

    struct Retry: Sendable {
        let shard: Int
        let worker: PeerID
        let attempt: Int
        let reason: String
        let at: Duration
    }

    /// A second attempt at a shard whose first one took long.
    struct Hedge: Sendable {
        let shard: Int
        let worker: PeerID
        /// Since the first attempt was sent.
        let after: Duration
        let at: Duration
    }

    let plan: AttentionPlan
    var shards: [ShardTimes]
    var retries: [Retry] = []
    var hedges: [Hedge] = []
    var tasksSent = 0
    var bytesSent = 0
    var bytesReceived = 0

    init(_ plan: AttentionPlan) {
        self.plan = plan
        shards = Array(repeating: ShardTimes(), count: plan.shards.count)
    }

    func json(job: JobID, op: String, elapsed: Duration) -> JSON {
        let workers = Set(shards.map(\.worker)).subtracting([""]).sorted()
        return [
            "job": .string(job.text), "op": .string(op), "elapsed_ms": milliseconds(elapsed),
            "plan": [
                "shards": JSON(plan.shards.count), "head_ranges": JSON(plan.headRanges),
                "query_ranges": JSON(plan.queryRanges), "key_ranges": JSON(plan.keyRanges),
            ],
            "workers": JSON(workers), "tasks_sent": JSON(tasksSent), "bytes_sent": JSON(bytesSent),
            "bytes_received": JSON(bytesReceived),
            "retries": .array(retries.map { Self.json($0) }), "hedges": .array(hedges.map { Self.json($0) }),
            "shards": .array(zip(plan.shards, shards).enumerated().map { Self.json($0, $1.0, $1.1) }),
        ]
    }

    /// How one shard was done, for the report and for progress.
    static func json(_ index: Int, _ shard: Shard, _ times: ShardTimes) -> JSON {
        [
            "shard": JSON(index), "batch": JSON(shard.batch), "heads": range(shard.heads),
            "queries": range(shard.queries), "keys": range(shard.keys), "worker": .string(times.worker),
            "attempt": JSON(times.attempt), "sent_ms": milliseconds(times.sent), "done_ms": milliseconds(times.done),
            "queued_ms": milliseconds(times.queued), "compute_ms": milliseconds(times.compute),
            "bytes_sent": JSON(times.bytesSent), "bytes_received": JSON(times.bytesReceived),
        ]
    }

    static func json(_ retry: Retry) -> JSON {
        [
            "shard": JSON(retry.shard), "worker": .string(retry.worker.text), "attempt": JSON(retry.attempt),
            "reason": .string(retry.reason), "at_ms": milliseconds(retry.at),
        ]
    }

    static func json(_ hedge: Hedge) -> JSON {
        [
            "shard": JSON(hedge.shard), "worker": .string(hedge.worker.text), "after_ms": milliseconds(hedge.after),
            "at_ms": milliseconds(hedge.at),
        ]
    }

    private static func range(_ range: Range<Int>) -> JSON { JSON([range.lowerBound, range.upperBound]) }
}

private func milliseconds(_ duration: Duration) -> JSON {
    JSON((duration.inMilliseconds * 1000).rounded() / 1000)
}
