import Codecs
import Fleet
import Testing

@testable import Triggers

@Suite("Results") struct ResultTests {
    /// What is published for a window of `TriggerSample.pairs` with another `result` section.
    private func publish(
        _ result: String, sensor: String = "a", _ answer: InferenceAnswer, after latency: Duration = .milliseconds(12.5)
    ) throws -> Message {
        var harness = try PipelineHarness(
            TriggerSample.pairs.replacing("  topic: results/{1}", with: result))
        for time in 1...4 { harness.receivePair(sensor, at: time) }
        harness.now = harness.now.advanced(by: latency)
        harness.handle(.answered(try #require(harness.jobs.first).id, answer))
        return try #require(harness.published.first)
    }

    private let answer = InferenceAnswer(
        job: "j1", labels: ["low", "high"], scores: [0.1, 0.9], embedding: [0.25, -1], workers: ["w1", "w2"])

    @Test("Without a template: label, score, status, sensor, latency and job")
    func defaultTemplate() throws {
        let message = try publish("  topic: results/{1}", answer)
        #expect(message.topic == "results/a")
        #expect(
            String(decoding: message.payload, as: UTF8.self)
                == #"{"label":"high","score":0.9,"status":"done","sensor":"a","latency_ms":12.5,"job":"j1"}"#)
        #expect(message.qos == .atLeastOnce && !message.retain && message.contentType == "application/json")
    }

    @Test("A placeholder alone has its own type, among others it becomes text; constants stay as they are")
    func template() throws {
        let message = try publish(
            """
              topic: r/{sensor}/{trigger}/{model}
              retain: true
              qos: 0
              template:
                scores: "{scores}"
                list: ["{embedding}", 1, true, null, 2.5, "7"]
                text: "{label} at {score} {{not a placeholder}}"
                times: {from: "{window_start}", to: "{window_end}"}
                where: "{topic}, {1}"
                by: "{workers}"
            """, answer)
        #expect(message.topic == "r/a/pairs/pairs")
        #expect(message.retain && message.qos == .atMostOnce)
        let expected: JSON = [
            "scores": ["low": 0.1, "high": 0.9], "list": [[0.25, -1.0], 1, true, nil, 2.5, "7"],
            "text": "high at 0.9 {not a placeholder}", "times": ["from": 1.0, "to": 4.0],
            "where": "sensors/a/pair, a", "by": ["w1", "w2"],
        ]
        #expect(try JSON(parsing: message.payload) == expected)
    }

    @Test("Whatever a sensor or a label is called, the result is JSON")
    func escaping() throws {
        let name = #"a"b\c é{1}"#
        let odd = InferenceAnswer(job: "j", labels: ["\"\n\u{1}"], scores: [1])
        let result = try JSON(parsing: try publish("  topic: r", sensor: name, odd).payload).object()
        #expect(result["sensor"] == .string(name))
        #expect(result["label"] == .string("\"\n\u{1}"))
    }

    @Test("A model without labels has a list of scores; one with neither has nulls")
    func unlabelled() throws {
        let template =
            "  topic: r\n  template: {label: '{label}', score: '{score}', scores: '{scores}', e: '{embedding}'}"
        let scores = try publish(template, InferenceAnswer(job: "j", scores: [0.5, 2, .nan]))
        #expect(
            String(decoding: scores.payload, as: UTF8.self)
                == #"{"label":null,"score":2.0,"scores":[0.5,2.0,null],"e":null}"#)
        let none = try publish(template, InferenceAnswer(job: "j"))
        #expect(
            String(decoding: none.payload, as: UTF8.self) == #"{"label":null,"score":null,"scores":null,"e":null}"#)
    }

    @Test("The best score is the first of equals, and never NaN")
    func best() {
        func best(_ scores: [Float]) -> Int? { InferenceAnswer(job: "", scores: scores).best }
        #expect(best([1, 3, 3]) == 1)
        #expect(best([.nan, 1]) == 1)
        #expect(best([.nan]) == nil)
        #expect(best([]) == nil)
        #expect(best([-.infinity, -2]) == 1)
    }

    @Test("Scores are written with the fewest digits that give the same float")
    func digits() {
        for value in [0.1, 1 / 3, 1e-7, 123456.78, -0.9] as [Float] {
            let json = JSON(shortest: value)
            #expect(Float(json.text()) == value)
            #expect(json.text() == value.description)
        }
        #expect(JSON(shortest: .infinity) == .null)
    }

    @Test("A topic that cannot be published to is counted")
    func unpublishable() throws {
        var harness = try PipelineHarness(
            TriggerSample.texts.replacing("texts/+", with: "+/text").replacing("results/{1}", with: "{1}"))
        harness.receive("/text", "one")
        harness.answer(harness.jobs[0])
        #expect(harness.published.isEmpty)
        #expect(try harness.counters.unpublishable == 1)
    }

    @Test("Braces are written twice; what is not closed is refused")
    func braces() throws {
        func text(_ template: String) throws -> String { try TemplateText(template).text { _ in "X" } }
        #expect(try text("a{1}b{label}") == "aXbX")
        #expect(try text("{{1}} {{{1}}}") == "{1} {X}")
        #expect(try text("") == "")
        for bad in ["{", "}", "{}", "{0}", "{+1}", "{1 }", "a}b", "{label"] {
            #expect(throws: TemplateText.Defect.self, "\(bad)") { try TemplateText(bad) }
        }
    }

    @Test("The stats have every counter, and their sums are right")
    func stats() throws {
        var harness = try PipelineHarness(TriggerSample.pairs, TriggerSample.numbers)
        for time in 1...5 { harness.receivePair(at: time) }
        harness.receive("numbers/a", "x")
        harness.answer(harness.jobs[0])
        let stats = try harness.pipeline.stats.object()
        #expect(try stats.int("sensors") == 1)
        let triggers = try stats.object("triggers")
        #expect(triggers.keys == ["pairs", "numbers"])
        let pairs = try triggers.object("pairs")
        #expect(try pairs.int("received") == 5 && pairs.int("used") == 5 && pairs.int("buffered_readings") == 1)
        #expect(try pairs.object("windows").int("published") == 1)
        let dropped = try triggers.object("numbers").object("dropped")
        #expect(dropped.keys.sorted() == DroppedReading.allCases.map(\.rawValue).sorted())
        #expect(try dropped.int("malformed") == 1)
    }
}
