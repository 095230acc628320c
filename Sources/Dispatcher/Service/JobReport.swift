import Codecs
import Fleet

/// What happened to a job: its plan, each shard's way through the fleet, every retry.
///
/// Times are in milliseconds since the job came. JSON keys are part of the wire.
struct JobReport: Sendable {
    struct ShardTimes: Sendable {
        /// Each that was sent, in this order.
        var attempts: [Attempt] = []
        /// Whose result counted; empty while none has.
        var worker = ""
        var attempt = 0
        /// When the result came.
        var received = Duration.zero
        /// When it was validated and merged.
        var done = Duration.zero
        var queued = Duration.zero
        var compute = Duration.zero
        var bytesReceived = 0

        var bytesSent: Int { counted?.bytes ?? 0 }

        /// The attempt whose result counted; without one the last.
        var counted: Attempt? { attempts.first { $0.number == attempt } ?? attempts.last }
    }

    /// A task on its way to a worker.
    struct Attempt: Sendable {
        let number: Int
        let worker: String
        let sent: Duration
        /// When its turn came, behind the tasks sent before it.
        var departed = Duration.zero
        let bytes: Int
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
    /// When the request was read and cut.
    var planned = Duration.zero
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
            "job": .string(job.text), "op": .string(op), "planned_ms": milliseconds(planned),
            "elapsed_ms": milliseconds(elapsed),
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
        json["sent_ms"] = milliseconds(times.counted?.sent ?? .zero)
        json["received_ms"] = milliseconds(times.received)
        json["done_ms"] = milliseconds(times.done)
        json["queued_ms"] = milliseconds(times.queued)
        json["compute_ms"] = milliseconds(times.compute)
        json["bytes_sent"] = JSON(times.bytesSent)
        json["bytes_received"] = JSON(times.bytesReceived)
        let others = times.attempts.filter { $0.number != times.attempt }
        if !others.isEmpty { json["other_attempts"] = .array(others.map { Self.json($0) }) }
        return .object(json)
    }

    private static func json(_ attempt: Attempt) -> JSON {
        [
            "attempt": JSON(attempt.number), "worker": .string(attempt.worker), "sent_ms": milliseconds(attempt.sent),
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
}

private func milliseconds(_ duration: Duration) -> JSON {
    JSON((duration.inMilliseconds * 1000).rounded() / 1000)
}
