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

    var shards: [ShardTimes]
    var retries: [Retry] = []
    var hedges: [Hedge] = []
    var tasksSent = 0
    var bytesSent = 0
    var bytesReceived = 0

    /// How many shards were done.
    var done: Int { shards.count { !$0.worker.isEmpty } }

    init(shards: Int) {
        self.shards = Array(repeating: ShardTimes(), count: shards)
    }

    /// - Parameter work: the job's own.
    func json(job: JobID, op: String, elapsed: Duration, _ work: any JobWork) -> JSON {
        let workers = Set(shards.map(\.worker)).subtracting([""]).sorted()
        return [
            "job": .string(job.text), "op": .string(op), "elapsed_ms": milliseconds(elapsed),
            "plan": .object(work.plan),
            "workers": JSON(workers), "tasks_sent": JSON(tasksSent), "bytes_sent": JSON(bytesSent),
            "bytes_received": JSON(bytesReceived),
            "retries": .array(retries.map { Self.json($0) }), "hedges": .array(hedges.map { Self.json($0) }),
            "shards": .array(shards.indices.map { json(shard: $0, work) }),
        ]
    }

    /// How one shard was done, for the report and for progress.
    func json(shard index: Int, _ work: any JobWork) -> JSON {
        let times = shards[index]
        let place = work.place(of: index)
        var json: JSON.Object = ["shard": JSON(index)]
        for key in place.keys { json[key] = place[key] }
        json["worker"] = .string(times.worker)
        json["attempt"] = JSON(times.attempt)
        json["sent_ms"] = milliseconds(times.sent)
        json["done_ms"] = milliseconds(times.done)
        json["queued_ms"] = milliseconds(times.queued)
        json["compute_ms"] = milliseconds(times.compute)
        json["bytes_sent"] = JSON(times.bytesSent)
        json["bytes_received"] = JSON(times.bytesReceived)
        return .object(json)
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
}

private func milliseconds(_ duration: Duration) -> JSON {
    JSON((duration.inMilliseconds * 1000).rounded() / 1000)
}
