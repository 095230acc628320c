import Codecs
import Fleet
import Testing
import Triggers

@Suite("When sensors outrun the fleet") struct BackPressureTests {
    private func fill(_ harness: inout PipelineHarness, _ sensor: String, from time: Int) {
        for step in 0..<4 { harness.receivePair(sensor, at: time + step) }
    }

    @Test("The fleet gets no more at a time than it takes; an answer or a failure frees a place")
    func capacity() throws {
        var harness = try PipelineHarness(TriggerSample.pairs, capacity: 1)
        for sensor in ["a", "b", "c"] { fill(&harness, sensor, from: 0) }
        #expect(harness.jobs.map(\.sensor) == ["a"])
        harness.answer(harness.jobs[0])
        #expect(harness.jobs.map(\.sensor) == ["a", "b"])
        harness.handle(.failed(harness.jobs[1].id))
        #expect(harness.jobs.map(\.sensor) == ["a", "b", "c"])
        #expect(try harness.counters.failed == 1)
    }

    @Test("A fleet that takes more later gets what waits, oldest first")
    func capacityGrows() throws {
        var harness = try PipelineHarness(TriggerSample.pairs, capacity: 0)
        for sensor in ["a", "b", "c"] { fill(&harness, sensor, from: 0) }
        #expect(harness.jobs.isEmpty)
        harness.handle(.capacity(2))
        #expect(harness.jobs.map(\.sensor) == ["a", "b"])
    }

    @Test("A sensor's newer window takes the place of its own that waits")
    func replacement() throws {
        var harness = try PipelineHarness(TriggerSample.pairs, capacity: 0)
        fill(&harness, "a", from: 0)
        fill(&harness, "b", from: 0)
        fill(&harness, "a", from: 10)
        harness.handle(.capacity(10))
        #expect(harness.jobs.map(\.sensor) == ["a", "b"], "who sends much does not fall behind")
        #expect(harness.jobs[0].start.inSeconds == 10)
        #expect(try harness.counters.replaced == 1)
    }

    @Test("A window that the fleet has is not replaced")
    func noReplacementInFlight() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        fill(&harness, "a", from: 0)
        fill(&harness, "a", from: 10)
        #expect(harness.jobs.map(\.start.inSeconds) == [0, 10])
    }

    @Test("Texts replace nothing")
    func texts() throws {
        var harness = try PipelineHarness(TriggerSample.texts, capacity: 0)
        for text in ["one", "two"] { harness.receive("texts/a", text) }
        harness.handle(.capacity(5))
        #expect(harness.jobs.map(\.input) == [.text("one"), .text("two")])
    }

    @Test("Beyond the bound the window that waited longest is dropped and counted")
    func overflow() throws {
        var harness = try PipelineHarness(TriggerSample.pairs, maximumWaiting: 2, capacity: 0)
        for sensor in ["a", "b", "c", "d"] { fill(&harness, sensor, from: 0) }
        #expect(harness.pipeline.stats.objectValue?["waiting"] == 2)
        harness.handle(.capacity(10))
        #expect(harness.jobs.map(\.sensor) == ["c", "d"])
        #expect(try harness.counters.overflowed == 2)
    }

    @Test("Sensors beyond the trigger's bound are refused, until others are forgotten")
    func sensorBound() throws {
        var harness = try PipelineHarness(TriggerSample.pairs + "\nmaximum_sensors: 2")
        for sensor in ["a", "b", "c", "c"] { harness.receivePair(sensor, at: 1) }
        #expect(harness.pipeline.sensorCount == 2)
        #expect(try harness.dropped(.refused) == 2)
        harness.wait(.seconds(60))
        harness.receivePair("c", at: 2)
        #expect(harness.pipeline.sensorCount == 1)
        #expect(try harness.counters.forgotten == 2)
    }

    @Test("A sensor whose name is longer than 512 bytes is refused")
    func longName() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        harness.receivePair(String(repeating: "a", count: 513), at: 1)
        #expect(try harness.dropped(.refused) == 1)
    }

    @Test("A sensor is forgotten its maximum age after its last reading that was taken, not a moment earlier")
    func forgetting() throws {
        var harness = try PipelineHarness(TriggerSample.pairs)
        harness.receivePair("a", at: 1)
        harness.wait(.seconds(30))
        harness.receivePair("b", at: 1)
        harness.receivePair("a", at: 2)
        #expect(harness.pipeline.nextTimer == harness.now.advanced(by: .seconds(60)))
        harness.wait(.seconds(60) - .nanoseconds(1))
        #expect(harness.pipeline.sensorCount == 2)
        harness.receive("sensors/a/pair", "noise")
        harness.wait(.nanoseconds(1))
        #expect(harness.pipeline.sensorCount == 0)
        #expect(harness.pipeline.bufferedReadings == 0)
        #expect(harness.pipeline.nextTimer == nil)
    }
}
