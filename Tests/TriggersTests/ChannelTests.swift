import Fleet
import Testing
import Triggers

@Suite("A channel in each message") struct ChannelTests {
    private let byTopic = """
        name: axes
        topic: sensors/+/+/value
        payload:
          format: csv
          channel: {wildcard: 2, names: [x, y]}
        window: {length: 2, normalisation: none}
        model: axes
        result: {topic: "results/{1}"}
        """

    private let byField = """
        name: axes
        topic: sensors/+
        payload:
          format: json
          fields: [v]
          timestamp: {field: t}
          channel: {field: axis, names: [x, y]}
        window: {length: 2, normalisation: none}
        model: axes
        result: {topic: "results/{1}"}
        """

    @Test("Named by a level of the topic: the sensor is what the other wildcards say")
    func topic() throws {
        var harness = try PipelineHarness(byTopic)
        for (axis, value) in [("x", 1), ("y", 2), ("y", 4), ("x", 3)] {
            harness.receive("sensors/a/\(axis)/value", "\(value)")
        }
        #expect(harness.jobs.map(\.sensor) == ["a"])
        #expect(harness.jobs.first?.values == [1, 3, 2, 4])
        #expect(try harness.counters.used == 4)
    }

    @Test("Without times, a channel that comes again gives the unfinished reading up")
    func again() throws {
        var harness = try PipelineHarness(byTopic)
        for (axis, value) in [("x", 1), ("x", 2), ("y", 3), ("x", 4), ("y", 5)] {
            harness.receive("sensors/a/\(axis)/value", "\(value)")
        }
        #expect(harness.jobs.first?.values == [2, 4, 3, 5])
        #expect(try harness.dropped(.incomplete) == 1)
    }

    @Test("A channel that nobody named")
    func unknown() throws {
        var harness = try PipelineHarness(byTopic)
        harness.receive("sensors/a/w/value", "1")
        #expect(try harness.dropped(.wrongChannels) == 1)
        #expect(harness.pipeline.sensorCount == 0, "a stranger's channel is no sensor")
    }

    @Test("Named by a field, and put together by time, in any order")
    func field() throws {
        var harness = try PipelineHarness(byField)
        for (axis, time) in [("x", 1), ("x", 2), ("y", 2), ("y", 1)] { receive(&harness, axis, time) }
        #expect(harness.jobs.first?.values == [1, 2, 1, 2])
    }

    @Test("A channel twice at one time is a duplicate")
    func duplicate() throws {
        var harness = try PipelineHarness(byField)
        for (axis, time) in [("x", 1), ("x", 1), ("y", 1), ("y", 1)] { receive(&harness, axis, time) }
        #expect(try harness.dropped(.duplicate) == 1, "the second y begins a reading that will not be completed")
        receive(&harness, "x", 1)
        #expect(try harness.dropped(.duplicate) == 3, "it is of a time that is there")
        #expect(try harness.counters.used == 2)
    }

    @Test("Of more than four readings under way the earliest is given up")
    func bounded() throws {
        var harness = try PipelineHarness(byField)
        for time in 1...5 { receive(&harness, "x", time) }
        #expect(try harness.dropped(.incomplete) == 1)
        receive(&harness, "y", 2)
        #expect(try harness.counters.used == 2)
    }

    @Test("What a forgotten sensor had under way is incomplete")
    func forgotten() throws {
        var harness = try PipelineHarness(byField)
        receive(&harness, "x", 1)
        harness.wait(.seconds(600))
        #expect(harness.pipeline.sensorCount == 0)
        #expect(try harness.dropped(.incomplete) == 1)
    }

    @Test(
        "Mistakes in the file",
        arguments: [
            ("wildcard: 2", "wildcard: 3", "payload.channel.wildcard: expected an integer from 1 to 2"),
            ("wildcard: 2", "field: a", "only JSON has fields"),
            ("sensors/+/+/value", "sensors/+/#", "'#' stands for several levels"),
            ("results/{1}", "results/{2}", "{2} is the channel"),
            ("results/{1}", "results/{topic}", "{topic} is another for each channel"),
            ("[x, y]", "[x, x]", "different names"),
        ])
    func mistakes(right: String, wrong: String, message: String) {
        let issues = TriggerSample.issues(byTopic.replacing(right, with: wrong))
        #expect(issues.contains { $0.contains(message) }, "\(issues)")
    }

    private func receive(_ harness: inout PipelineHarness, _ axis: String, _ time: Int) {
        harness.receive("sensors/a", #"{"v": \#(time), "t": \#(time), "axis": "\#(axis)"}"#)
    }
}
