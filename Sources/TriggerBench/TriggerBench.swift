import Codecs
import Fleet
import Glibc
import Triggers

/// Measures how many readings a second the pipeline of triggers takes on one core, and what it keeps of a sensor.
///
///     attn-bench-triggers [SENSORS [READINGS]]
///
/// Each of SENSORS (10000) sends READINGS (300) readings of six channels, in turn. Windows of 100 every 50 are answered at
/// once, so that results are counted in. A line of JSON for each format of the messages. Seconds are those of the CPU: what
/// else the machine does makes little difference.
@main
struct TriggerBench {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let sensors = arguments.first ?? 10_000
        let readings = arguments.dropFirst().first ?? 300
        for format in BenchFormat.allCases {
            let result = try measure(format, sensors: sensors, readings: readings)
            print(result.text())
        }
    }

    private static func measure(_ format: BenchFormat, sensors: Int, readings: Int) throws -> JSON {
        let identity = HomeAssistantIdentity(fleet: PeerID("bench")!, dispatcher: PeerID("bench")!)
        let trigger = try TriggerFile(name: "bench.yaml", text: format.trigger).triggers()
        var pipeline = TriggerPipeline(trigger, identity: identity)
        _ = pipeline.handle(.capacity(64), at: .origin)
        let topics = (0..<sensors).map { "sensors/sensor-\($0)/motion" }
        let payloads = (0..<readings).map(format.payload)
        let before = residentBytes()
        var windows = 0
        let start = seconds()
        for reading in 0..<readings {
            // A reading of each sensor a second, as they would come.
            for sensor in 0..<sensors {
                let now = Instant(
                    nanoseconds: Int64(reading) * 1_000_000_000 + Int64(sensor) * 1_000_000_000 / Int64(sensors))
                let message = Message(topic: topics[sensor], payload: payloads[reading])
                for case .infer(let job) in pipeline.handle(.received(message), at: now) {
                    windows += 1
                    let answer = InferenceAnswer(
                        job: "job-\(job.id)", labels: ["a", "b", "c", "d"], scores: [0.1, 0.2, 0.6, 0.1])
                    _ = pipeline.handle(.answered(job.id, answer), at: now)
                }
            }
        }
        let elapsed = seconds() - start
        let rate = Double(sensors * readings) / elapsed
        return [
            "format": .string(format.rawValue), "sensors": JSON(sensors), "readings": JSON(sensors * readings),
            "windows": JSON(windows), "cpu_seconds": JSON((elapsed * 1000).rounded() / 1000),
            "readings_per_second": JSON(Int(rate)),
            "resident_bytes_per_sensor": JSON((residentBytes() - before) / max(pipeline.sensorCount, 1)),
        ]
    }

    private static func seconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// The process's resident memory.
    private static func residentBytes() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}
