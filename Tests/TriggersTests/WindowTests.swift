import Codecs
import Fleet
import Testing
import Triggers

@Suite("Windows") struct WindowTests {
    /// The x of each window handed out.
    private func windows(_ harness: PipelineHarness) throws -> [[Float]] {
        try harness.jobs.map { Array(try #require($0.values).prefix(4)) }
    }

    private func pairs(_ window: String) -> String {
        TriggerSample.pairs.replacing("{length: 4,", with: "{length: 4, \(window),")
    }

    @Test("A window is [channels][length], with the times of its first and last reading")
    func shape() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        for time in 1...4 { harness.receivePair(at: time) }
        let job = try #require(harness.jobs.first)
        #expect(job.input == .tensor(values: [1, 2, 3, 4, -1, -2, -3, -4], channels: 2, length: 4))
        #expect(job.start.inSeconds == 1 && job.end.inSeconds == 4)
        #expect(job.sensor == "a" && job.model == "pairs")
        #expect(harness.pipeline.bufferedReadings == 0)
    }

    @Test("A stride shorter than the length overlaps, a longer one leaves readings out")
    func strides() throws {
        let expected: [Int: [[Float]]] = [
            1: [[1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6]], 2: [[1, 2, 3, 4], [3, 4, 5, 6]], 4: [[1, 2, 3, 4]],
            7: [[1, 2, 3, 4], [8, 9, 10, 11]],
        ]
        for (stride, windows) in expected {
            var harness = try PipelineHarness(pairs("stride: \(stride)"))
            for time in 1...(stride == 7 ? 11 : 6) { harness.receivePair(at: time) }
            #expect(try self.windows(harness) == windows, "stride \(stride)")
        }
    }

    @Test("Sensors have windows of their own")
    func sensors() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        for time in 1...4 { for sensor in ["a", "b"] { harness.receivePair(sensor, at: time) } }
        #expect(harness.jobs.map(\.sensor) == ["a", "b"])
        #expect(harness.pipeline.sensorCount == 2)
    }

    @Test("Readings out of order are put in order, so long as they are newer than the last window")
    func outOfOrder() throws {
        var harness = try PipelineHarness(pairs("stride: 2"))
        for time in [2, 1, 4, 3, 6, 5] { harness.receivePair(at: time) }
        #expect(try windows(harness) == [[1, 2, 3, 4], [3, 4, 5, 6]])
    }

    @Test("A reading not newer than the last window is late, one of a time that is there a duplicate")
    func lateAndDuplicate() throws {
        var harness = try PipelineHarness(pairs("stride: 2"))
        for time in [10, 20, 20, 30, 40] { harness.receivePair(at: time) }
        #expect(try harness.dropped(.duplicate) == 1)
        for time in [35, 30, 40, 10, 50] { harness.receivePair(at: time) }
        #expect(try harness.dropped(.late) == 2, "35 is between, 10 is no longer held")
        #expect(try harness.dropped(.duplicate) == 3, "30 and 40 are still held")
        #expect(try harness.counters.used == 5)
    }

    @Test("After a gap the window starts anew; readings from before the gap are late")
    func gaps() throws {
        var harness = try PipelineHarness(pairs("maximum_gap: 5s"))
        for time in [1, 2, 3, 20] { harness.receivePair(at: time) }
        #expect(try harness.counters.gaps == 1)
        for time in [3, 4, 14] { harness.receivePair(at: time) }
        #expect(try harness.dropped(.late) == 2, "4 and 14 are more than 5 s before 20")
        #expect(try harness.dropped(.duplicate) == 1)
        for time in [16, 21, 22] { harness.receivePair(at: time) }
        #expect(try windows(harness) == [[16, 20, 21, 22]])
    }

    @Test("A clock that jumps ahead and back is believed again when the sensor is forgotten")
    func clockJump() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        harness.receivePair(at: 1_000_000)
        for time in 1...3 { harness.receivePair(at: time) }
        #expect(try harness.counters.used == 4, "in one run of readings without a maximum gap")
        harness.receivePair(at: 4)
        #expect(try harness.dropped(.late) == 1)
        harness.now = harness.now.advanced(by: .seconds(61))
        for time in 5...8 { harness.receivePair(at: time) }
        #expect(try windows(harness).last == [5, 6, 7, 8])
    }

    @Test("Without a time of its own a reading was taken when it came, after the one before it")
    func arrivalTimes() throws {
        var harness = try PipelineHarness(TriggerSample.numbers)
        harness.now = Instant(nanoseconds: 5_000_000_000)
        harness.receive("numbers/a", "1")
        harness.receive("numbers/a", "2")
        let job = try #require(harness.jobs.first)
        #expect(job.values == [1, 2])
        #expect(job.start.nanoseconds == 5_000_000_000 && job.end.nanoseconds == 5_000_000_001)
        #expect(try harness.dropped(.duplicate) == 0)
    }

    @Test("Normalised by the window's own moments, each channel by itself; what does not vary is 0")
    func windowNormalisation() throws {
        var harness = try PipelineHarness(
            TriggerSample.pairs.replacing("normalisation: none", with: "normalisation: zscore"))
        for time in 1...4 { harness.receive("sensors/a/pair", #"{"x": \#(time), "y": 7, "t": \#(time)}"#) }
        // Mean 2.5, mean of squared distances 1.25.
        let expected = [-1.5, -0.5, 0.5, 1.5].map { Float($0 / 1.25.squareRoot()) }
        #expect(harness.jobs.first?.values == expected + [0, 0, 0, 0])
    }

    @Test("Normalised by a mean and a deviation for each channel")
    func fixedNormalisation() throws {
        var harness = try PipelineHarness(
            TriggerSample.pairs.replacing("normalisation: none", with: "normalisation: {mean: [1, -1], std: [2, 0.5]}"))
        for time in 1...4 { harness.receivePair(at: time) }
        #expect(harness.jobs.first?.values == [0, 0.5, 1, 1.5, 0, -2, -4, -6])
    }

    @Test("Finite values stay finite, however small the deviation")
    func smallDeviation() throws {
        var harness = try PipelineHarness(
            TriggerSample.pairs.replacing("normalisation: none", with: "normalisation: {mean: [0, 0], std: [1e-44, 1]}")
        )
        for time in 1...4 { harness.receivePair(at: time) }
        let largest = Float.greatestFiniteMagnitude
        #expect(harness.jobs.first?.values == Array(repeating: largest, count: 4) + [-1, -2, -3, -4])
    }

    @Test("The model's own normalisation is left to who runs it")
    func modelNormalisation() throws {
        for (name, isModel) in [("model", true), ("none", false)] {
            var harness = try PipelineHarness(
                TriggerSample.pairs.replacing("normalisation: none", with: "normalisation: \(name)"))
            for time in 1...4 { harness.receivePair(at: time) }
            #expect(harness.jobs.first?.isNormalisedByModel == isModel)
            #expect(harness.jobs.first?.values?.first == 1)
        }
    }

    @Test("Each text is an input of its own")
    func texts() throws {
        var harness = try PipelineHarness(TriggerSample.texts)
        harness.receive("texts/a", "one")
        harness.receive("texts/a", "one")
        #expect(harness.jobs.map(\.input) == [.text("one"), .text("one")])
        #expect(try harness.counters.used == 2)
    }

    @Test("Whatever comes is counted by kind, and the window goes on")
    func mixed() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        harness.receivePair(at: 1)
        harness.receive("sensors/a/pair", "not JSON")
        harness.receive("sensors/a/pair", #"{"x": 1, "t": 2}"#)
        harness.receive("sensors/a/pair", #"{"x": 1, "y": null, "t": 2}"#)
        harness.receive("sensors/a/pair", #"{"x": 1, "y": 2, "t": 9}"#, retain: true)
        harness.receive("elsewhere", "1")
        for time in 2...4 { harness.receivePair(at: time) }
        #expect(try windows(harness) == [[1, 2, 3, 4]])
        let counters = try harness.counters
        #expect(counters.received == 8 && counters.used == 4)
        #expect(counters.dropped == [.malformed: 1, .wrongChannels: 1, .notFinite: 1, .retained: 1])
        #expect(harness.pipeline.stats.objectValue?["unmatched"] == 1)
    }
}
