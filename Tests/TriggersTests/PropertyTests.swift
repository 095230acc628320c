import Fleet
import Testing
import Triggers

/// Readings of many sensors, lost, doubled, out of order and spoilt by a seeded generator, against a slow model of what
/// windows are.
@Suite("Properties") struct PropertyTests {
    /// What windows must be: all readings that were taken, in the order of their times, cut by the stride.
    private struct Model {
        var length: Int
        var stride: Int
        /// Times taken since the start, ascending.
        var taken: [Int] = []
        /// Windows made of them.
        var windows = 0

        /// The newest time that windows are done with.
        var closedThrough: Int {
            // The last reading of the last window, or the last of those left out after it.
            guard windows > 0 else { return .min }
            let end = (windows - 1) * stride + length
            return taken[max(end, min(windows * stride, taken.count)) - 1]
        }

        /// - Returns: whether the reading is taken, and the window that it completes.
        mutating func receive(_ time: Int) -> (isTaken: Bool, window: [Int]?) {
            guard time > closedThrough, !taken.contains(time) else { return (false, nil) }
            taken.append(time)
            taken.sort()
            let start = windows * stride
            guard taken.count == start + length else { return (true, nil) }
            windows += 1
            return (true, Array(taken[start...]))
        }
    }

    @Test("For any order, doubling and loss of readings every window has the right ones in order", arguments: 0..<60)
    func anyOrder(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (length, stride) = (Int.random(in: 1...6, using: &random), Int.random(in: 1...9, using: &random))
        var harness = try PipelineHarness(
            TriggerSample.pairs.replacing("{length: 4,", with: "{length: \(length), stride: \(stride),"))
        let sensors = ["a", "b", "c"]
        var models: [String: Model] = [:]
        var used = 0
        for (sensor, time) in messages(of: sensors, &random) {
            let jobs = harness.jobs.count
            harness.receivePair(sensor, at: time)
            let expected = models[sensor, default: Model(length: length, stride: stride)].receive(time)
            used += expected.isTaken ? 1 : 0
            let job = harness.jobs.dropFirst(jobs).first
            #expect((job != nil) == (expected.window != nil), "\(sensor) \(time)")
            if let job, let window = expected.window {
                #expect(job.sensor == sensor)
                #expect(job.values == window.map { Float($0) } + window.map { -Float($0) })
                #expect(Int(job.start.inSeconds) == window[0] && Int(job.end.inSeconds) == window[length - 1])
            }
            #expect(harness.pipeline.bufferedReadings <= sensors.count * (length - 1))
        }
        #expect(try harness.counters.used == used)
    }

    /// Times from 0 of each sensor: some lost, some doubled, each moved by a few places.
    private func messages(of sensors: [String], _ random: inout SeededGenerator) -> [(sensor: String, time: Int)] {
        var messages: [(place: Double, sensor: String, time: Int)] = []
        for sensor in sensors {
            for time in 0..<80 {
                let copies = [0, 1, 1, 1, 1, 1, 2].randomElement(using: &random) ?? 1
                for _ in 0..<copies {
                    messages.append((Double(time) + Double.random(in: 0..<4, using: &random), sensor, time))
                }
            }
        }
        return messages.sorted { $0.place < $1.place }.map { ($0.sensor, $0.time) }
    }

    @Test("Whatever comes, in whatever order, the sums are right and the memory bounded", arguments: 0..<40)
    func anything(seed: UInt64) throws {
        var random = SeededGenerator(seed: 1000 + seed)
        let policy = DeadlinePolicy.allCases.randomElement(using: &random) ?? .drop
        let options = "\non_deadline: \(policy.rawValue)\nmaximum_sensors: 5\nhomeassistant: true"
        var harness = try PipelineHarness(
            TriggerSample.pairs.replacing("{length: 4,", with: "{length: 4, stride: 3, maximum_gap: 5s,") + options,
            TriggerSample.texts + options, maximumWaiting: 3, capacity: 2)
        var open: [WindowJob] = []
        for _ in 0..<600 {
            let jobs = harness.jobs.count
            // The harness looks at the invariants after each.
            step(&harness, &open, &random)
            open += harness.jobs[jobs...]
            #expect(harness.pipeline.bufferedReadings <= 5 * 3)
            #expect(harness.pipeline.sensorCount <= 10)
        }
        #expect(Set(harness.jobs.map(\.id)).count == harness.jobs.count, "no window is handed out twice")
        harness.wait(.seconds(700))
        #expect(harness.pipeline.sensorCount == 0 && harness.pipeline.bufferedReadings == 0)
        for job in open { harness.handle(.failed(job.id)) }
        #expect(harness.pipeline.nextTimer == nil)
    }

    private func step(_ harness: inout PipelineHarness, _ open: inout [WindowJob], _ random: inout SeededGenerator) {
        let sensor = "s\(Int.random(in: 0..<7, using: &random))"
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<11:
            let now = Int(harness.now.nanoseconds / 1_000_000_000)
            harness.receivePair(sensor, at: now + Int.random(in: -4...4, using: &random))
        case 11: harness.receive("texts/\(sensor)", "text")
        case 12:
            let spoilt = (0..<Int.random(in: 0..<20, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            harness.receive("sensors/\(sensor)/pair", bytes: spoilt)
        case 13: harness.receive("sensors/\(sensor)/pair", #"{"x": null, "y": 1, "t": 0}"#)
        case 14: harness.handle(.capacity(Int.random(in: 0...3, using: &random)))
        case 15: harness.wait(.seconds(Int.random(in: 0...40, using: &random)))
        case 16, 17:
            harness.now = harness.now.advanced(by: .milliseconds(Int.random(in: 0...1500, using: &random)))
        default:
            guard let position = open.indices.randomElement(using: &random) else { return }
            let job = open.remove(at: position)
            if Bool.random(using: &random) { harness.answer(job) } else { harness.handle(.failed(job.id)) }
        }
    }
}
