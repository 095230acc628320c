import Codecs
import Fleet
import Testing
import Triggers

@Suite("Deadlines") struct DeadlineTests {
    private func harness(_ policy: String, capacity: Int = 1) throws -> PipelineHarness {
        var harness = try PipelineHarness(TriggerSample.pairs + "\non_deadline: \(policy)", capacity: capacity)
        for time in 1...4 { harness.receivePair(at: time) }
        return harness
    }

    @Test("An answer in time is published")
    func inTime() throws {
        var harness = try harness("drop")
        #expect(harness.jobs.first?.deadline == harness.now.advanced(by: .seconds(2)))
        harness.wait(.seconds(2) - .nanoseconds(1))
        harness.answer(harness.jobs[0])
        #expect(try harness.lastPublished()["status"] == "done")
        #expect(try harness.counters.published == 1)
    }

    @Test("drop: nothing is published, neither at the deadline nor later")
    func drop() throws {
        var harness = try harness("drop")
        harness.wait(.seconds(2))
        #expect(try harness.counters.expired == 1)
        harness.answer(harness.jobs[0])
        #expect(harness.published.isEmpty)
        #expect(try harness.counters.answersTooLate == 1)
        #expect(harness.pipeline.stats.objectValue?["in_flight"] == 0)
    }

    @Test("drop: the deadline counts also if no tick came before the answer")
    func dropWithoutTick() throws {
        var harness = try harness("drop")
        harness.now = harness.now.advanced(by: .seconds(2))
        harness.answer(harness.jobs[0])
        #expect(harness.published.isEmpty)
        #expect(try harness.counters.expired == 1)
    }

    @Test("drop: a window whose deadline passes while it waits is not handed out")
    func dropWaiting() throws {
        var harness = try harness("drop", capacity: 0)
        harness.wait(.seconds(2))
        harness.handle(.capacity(1))
        #expect(harness.jobs.isEmpty)
        #expect(try harness.counters.expired == 1)
    }

    @Test("publish_late: the answer is published whenever it comes, and says so")
    func late() throws {
        var harness = try harness("publish_late")
        #expect(harness.jobs[0].deadline == nil)
        harness.wait(.seconds(20))
        #expect(harness.published.isEmpty)
        harness.answer(harness.jobs[0])
        let result = try harness.lastPublished()
        #expect(result["status"] == "late" && result["label"] == "high" && result["latency_ms"]?.doubleValue == 20_000)
        #expect(try harness.counters.publishedLate == 1)
    }

    @Test("publish_partial: at the deadline a result without a label, and none later", arguments: [0, 1])
    func partial(capacity: Int) throws {
        var harness = try harness("publish_partial", capacity: capacity)
        harness.wait(.seconds(2))
        let result = try harness.lastPublished()
        #expect(result["status"] == "partial" && result["label"] == .null && result["sensor"] == "a")
        #expect(try harness.counters.publishedPartial == 1)
        if let job = harness.jobs.first { harness.answer(job) }
        #expect(harness.published.count == 1)
    }

    @Test("A newer window in the place of one that waits has a deadline of its own")
    func replaced() throws {
        var harness = try harness("drop", capacity: 0)
        harness.wait(.seconds(1))
        for time in 11...14 { harness.receivePair(at: time) }
        harness.wait(.seconds(1))
        #expect(try harness.counters.expired == 0)
        harness.wait(.seconds(1))
        #expect(try harness.counters.expired == 1)
        #expect(try harness.counters.replaced == 1)
    }

    @Test("An abandoned window keeps its place in the fleet until the fleet is done with it")
    func abandonedHoldsItsPlace() throws {
        var harness = try harness("drop")
        harness.wait(.seconds(2))
        for time in 11...14 { harness.receivePair(at: time) }
        #expect(harness.jobs.count == 1)
        harness.handle(.failed(harness.jobs[0].id))
        #expect(harness.jobs.count == 2)
    }

    @Test("Answers to windows that were never handed out, or twice, are ignored")
    func strayAnswers() throws {
        var harness = try harness("drop")
        harness.answer(harness.jobs[0])
        harness.answer(harness.jobs[0])
        harness.handle(.failed(harness.jobs[0].id))
        #expect(harness.published.count == 1)
        #expect(try harness.counters.published == 1 && harness.counters.failed == 0)
    }
}
