import Codecs
import Fleet

/// A job's report, as dispatchers write it.
struct SampleReport {
    var shards: [JSON] = []
    var retries: [JSON] = []
    var hedges: [JSON] = []
    var elapsed: JSON = 100

    var json: JSON.Object {
        [
            "job": "j", "op": "Attention", "planned_ms": 0.5, "elapsed_ms": elapsed,
            "plan": ["shards": JSON(shards.count), "predicted_ms": 90], "shards": .array(shards),
            "retries": .array(retries), "hedges": .array(hedges),
        ]
    }

    /// Sent, received and done, and how long it waited and was computed.
    static func shard(
        _ index: Int, _ worker: String = "pi", _ times: (Double, Double, Double) = (1, 11, 12), queued: Double = 2,
        computing: Double = 4, more: JSON.Object = [:]
    ) -> JSON {
        var json: JSON.Object = [
            "shard": JSON(index), "batch": 0, "heads": [0, 3], "queries": [0, 512], "keys": [0, 512],
            "worker": .string(worker), "attempt": 1, "sent_ms": JSON(times.0), "received_ms": JSON(times.1),
            "done_ms": JSON(times.2), "queued_ms": JSON(queued), "compute_ms": JSON(computing), "bytes_sent": 1000,
            "bytes_received": 1000,
        ]
        for key in more.keys { json[key] = more[key] }
        return .object(json)
    }

    static let prediction: JSON.Object = [
        "planned_worker": "nuc", "predicted_sent_ms": 1, "predicted_queued_ms": 0.5, "predicted_begun_ms": 3,
        "predicted_compute_ms": 5, "predicted_done_ms": 10,
    ]

    /// Of any number of workers and shards, with times in the order that they have, but else anyhow.
    static func random(seed: UInt64) -> SampleReport {
        var random = SeededGenerator(seed: seed)
        let workers = Int.random(in: 1...4, using: &random)
        var report = SampleReport()
        for index in 0..<Int.random(in: 0...40, using: &random) {
            let times = (0..<3).map { _ in Double(Int.random(in: 0...200, using: &random)) / 4 }.sorted()
            let begun = Double.random(in: 0...20, using: &random)
            let more: JSON.Object = [
                "planned_worker": .string("w\(Int.random(in: 0..<workers, using: &random))"),
                "predicted_sent_ms": JSON(begun / 3), "predicted_queued_ms": JSON(begun / 2),
                "predicted_begun_ms": JSON(begun), "predicted_compute_ms": JSON(begun),
                "predicted_done_ms": JSON(3 * begun),
                "other_attempts": [["attempt": 2, "worker": "w0", "sent_ms": JSON(times[0])]],
            ]
            report.shards.append(
                shard(
                    index, "w\(Int.random(in: 0..<workers, using: &random))", (times[0], times[1], times[2]),
                    queued: Double.random(in: 0...20, using: &random),
                    computing: Double.random(in: 0...20, using: &random), more: more))
        }
        return report
    }
}
