import Codecs
import Demo

/// What sensors got from a fleet.
struct SensorOutcome: Sendable {
    let sensors: Int
    let rate: Int
    let seconds: Double
    let sent: Int
    let results: Int
    let latencies: [Double]
    let before: SensorCount
    let after: SensorCount
    /// Of each process, its share of a core while sensors published, and its memory then.
    let use: [(name: String, cores: Double, residentBytes: Int)]

    private var received: Int { after.received - before.received }
    private var lost: Int { after.lost - before.lost }
    private var windows: Int { after.ready - before.ready }

    var text: String {
        var lines = [
            "\(sensors) sensors: \(sent) readings in \(fixed(seconds, 1)) s, \(fixed(Double(sent) / seconds, 0)) a second "
                + "(\(rate) asked for)",
            "the dispatcher received \(received); \(lost) readings or windows dropped",
            "\(windows) windows, \(results) results, \(fixed(Double(results) / seconds, 0)) a second; latency median "
                + "\(fixed(latencies.quantile(0.5) * 1e3, 1)) ms, p99 \(fixed(latencies.quantile(0.99) * 1e3, 1)) ms",
        ]
        for (name, cores, bytes) in use {
            lines.append(
                "  \(name.padded(14)) \(fixed(100 * cores, 1)) % of a core, \(fixed(Double(bytes) / 1e6, 1)) MB")
        }
        return lines.joined(separator: "\n")
    }

    var json: JSON {
        [
            "sensors": JSON(sensors), "rate": JSON(rate), "seconds": JSON(seconds), "sent": JSON(sent),
            "sent_per_s": JSON(Double(sent) / seconds), "received": JSON(received), "dropped": JSON(lost),
            "windows": JSON(windows), "results": JSON(results), "median_s": JSON(latencies.quantile(0.5)),
            "p99_s": JSON(latencies.quantile(0.99)),
            "processes": .array(
                use.map {
                    ["name": .string($0.name), "cores": JSON($0.cores), "resident_bytes": JSON($0.residentBytes)]
                }),
        ]
    }
}
