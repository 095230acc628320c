import Fleet
import Testing
import Triggers

@Suite("Trigger files") struct TriggerFileTests {
    @Test("The files that are shipped are valid, together too")
    func shipped() throws {
        let triggers = try TriggerFile.triggers(in: try TriggerSample.shipped())
        #expect(triggers.map(\.name.text) == ["basic-motions", "power", "sentences"])
        #expect(triggers[0].window?.length == 100 && triggers[0].window?.channels == 6)
        #expect(triggers[0].window?.maximumGap == .seconds(2))
        #expect(triggers[1].window?.stride == 24 && triggers[1].afterDeadline == .publishLate)
        #expect(triggers[2].window == nil && triggers[2].payload.isText)
    }

    @Test("The documentation's example is valid")
    func documented() throws {
        #expect(try TriggerSample.trigger(try TriggerSample.documented()).name.text == "basic-motions")
    }

    @Test("A file has one trigger, or several under 'triggers'")
    func several() throws {
        let list = "triggers:\n" + [TriggerSample.pairs, TriggerSample.texts].map(asElement).joined()
        #expect(try TriggerSample.triggers(list).map(\.name.text) == ["pairs", "texts"])
        #expect(try TriggerSample.triggers(list).map(\.place.line) == [2, 13])
        #expect(try TriggerSample.triggers(TriggerSample.texts).count == 1)
    }

    @Test("Defaults: windows do not overlap, the model normalises, 5 s and then nothing, QoS 1, not retained")
    func defaults() throws {
        let trigger = try TriggerSample.trigger(
            """
            name: a
            topic: a/+
            payload: {format: raw, type: f32}
            window: {length: 7, channels: 3}
            model: m
            result: {topic: r}
            """)
        #expect(trigger.window?.stride == 7)
        #expect(trigger.window?.normalisation == .model)
        #expect(trigger.window?.maximumAge == .seconds(600))
        #expect(trigger.window?.maximumGap == nil)
        #expect(trigger.deadline == .seconds(5) && trigger.afterDeadline == .drop)
        #expect(trigger.maximumSensors == 10_000)
        #expect(trigger.result.qos == .atLeastOnce && !trigger.result.retain)
        #expect(trigger.homeAssistant == nil)
    }

    @Test(
        "A mistake is told with file, line, column, and what would be right",
        arguments: [
            ("  fields: [x, y]", "  feilds: [x, y]", "f:5:3: payload.feilds: unknown key; did you mean 'fields'?"),
            ("  fields: [x, y]", "  fields: [x, y..z]", "f:5:15: payload.fields[1]: expected names between dots"),
            (
                "format: json", "format: xml",
                "f:4:11: payload.format: expected one of json, csv, raw, safetensors, text"
            ),
            ("{length: 4", "{lenght: 4", "f:7:10: window.lenght: unknown key; did you mean 'length'?"),
            ("{length: 4", "{length: 0", "f:7:18: window.length: expected an integer from 1 to 65536, found '0'"),
            ("{length: 4", "{length: 4, channels: 3", "f:7:31: window.channels: 3, but the payload lists 2"),
            ("maximum_age: 60s", "maximum_age: soon", "window.maximum_age: expected a time above 0"),
            ("normalisation: none", "normalisation: {mean: [0, 0], std: [1, 0]}", "window.normalisation.std[1]"),
            ("normalisation: none", "normalisation: {mean: [0], std: [1, 1]}", "expected 2 numbers, one a channel"),
            ("model: pairs", "modell: pairs", "f:8:1: modell: unknown key; did you mean 'model'?"),
            ("model: pairs", "model: pairs\non_deadline: panic", "f:9:14: on_deadline: expected one of drop"),
            ("deadline: 2s", "deadline: -2s", "f:9:11: deadline: expected a time above 0"),
            ("name: pairs", "name: a/b", "f:1:7: name: expected 1 to 64 letters"),
            ("topic: sensors/+/pair", "topic: sensors/+a/pair", "f:2:8: topic: topic filter 'sensors/+a/pair': +"),
            ("topic: sensors/+/pair", "topic: $share/g/s/+/pair", "cannot be shared"),
            ("results/{1}", "results/{2}", "f:11:10: result.topic: {2}: the topic filter has 1 wildcards"),
            ("results/{1}", "results/{label}", "result.topic: {label} is another for each result"),
            ("results/{1}", "results/{sensr}", "{sensr} is no placeholder; did you mean {sensor}?"),
            ("results/{1}", "results/{1", "'{' is not closed"),
            ("results/{1}", "results/+", "cannot be published to a wildcard"),
            ("results/{1}", "sensors/{1}/pair", "results would be readings"),
            ("  topic: results/{1}", "  retain: true", "f:11:3: result.topic: missing; expected a topic"),
            ("results/{1}", "r\n  template: {a: '{scor}'}", "result.template.a: {scor} is no placeholder"),
            ("results/{1}", "r\n  template: just text", "result.template: expected keys with values"),
            ("results/{1}", "r\n  qos: 2", "f:12:8: result.qos: expected 0 or 1, found '2'"),
            ("results/{1}", "r\n  retain: yes", "f:12:11: result.retain: expected true or false, found 'yes'"),
            ("results/{1}", "r\n  template: {a: 1}\nhomeassistant: true", "no member {label} or {score}"),
            ("results/{1}", "r\nhomeassistant: {valu: a}", "homeassistant.valu: unknown key; did you mean 'value'?"),
            ("timestamp: {field: t}", "timestamp: {field: t, unit: min}", "expected one of s, ms, us, ns"),
            ("timestamp: {field: t}", "columns: [1]", "payload.columns: has no meaning with format json"),
            ("deadline: 2s", "deadline: 2s\ndeadline: 3s", "the key deadline occurs twice"),
            ("name: pairs", "name: [", "not YAML"),
        ])
    func mistakes(right: String, wrong: String, message: String) {
        #expect(TriggerSample.pairs.contains(right))
        let issues = TriggerSample.issues(TriggerSample.pairs.replacing(right, with: wrong))
        #expect(issues.contains { $0.hasPrefix("f:") && $0.contains(message) }, "\(issues)")
    }

    @Test("All mistakes are told at once, in the order of the lines")
    func allMistakes() {
        let issues = TriggerSample.issues(
            TriggerSample.pairs.replacing("length: 4", with: "length: x").replacing("model: pairs", with: "modle: p"))
        #expect(
            issues == [
                "f:1:1: model: missing; expected a model's name",
                "f:7:18: window.length: expected an integer from 1 to 65536, found 'x'",
                "f:8:1: modle: unknown key; did you mean 'model'?",
            ])
    }

    @Test("What is missing is named", arguments: ["name", "topic", "payload", "window", "model", "result"])
    func missing(key: String) {
        let lines = TriggerSample.numbers.split(separator: "\n").filter { !$0.hasPrefix(key) }
        #expect(TriggerSample.issues(lines.joined(separator: "\n")).contains { $0.contains("\(key): missing") })
    }

    @Test("Text has no window")
    func textWithWindow() {
        let issues = TriggerSample.issues(TriggerSample.texts + "\nwindow: {length: 3}")
        #expect(issues.contains { $0.contains("window: has no meaning with text") })
    }

    @Test(
        "A file that is empty, no mapping, or no YAML", arguments: ["", "# nothing", "- a", "just text", "\t", "a: *b"])
    func noTriggers(text: String) {
        #expect(!TriggerSample.issues(text).isEmpty)
    }

    @Test("Two triggers of one name are refused, and the earlier is named")
    func sameName() {
        let files = ["a", "b"].map { TriggerFile(name: $0, text: TriggerSample.texts) }
        #expect {
            try TriggerFile.triggers(in: files)
        } throws: { error in
            "\(error)" == "b:1:1: name: 'texts' is taken by the trigger at a:1"
        }
    }

    @Test("Nothing of YAML that was cut off or spoilt does harm")
    func truncations() throws {
        for file in try TriggerSample.shipped() {
            let bytes = Array(file.text.utf8)
            for count in stride(from: 0, to: bytes.count, by: 7) {
                let text = String(decoding: bytes[..<count], as: UTF8.self)
                _ = try? TriggerFile(name: file.name, text: text).triggers()
            }
            var generator = SeededGenerator(seed: 1)
            for _ in 0..<300 {
                var spoilt = bytes
                spoilt[Int.random(in: spoilt.indices, using: &generator)] = UInt8.random(
                    in: 0x20...0x7e, using: &generator)
                let text = String(decoding: spoilt, as: UTF8.self)
                _ = try? TriggerFile(name: file.name, text: text).triggers()
            }
        }
    }

    private func asElement(_ yaml: String) -> String {
        yaml.split(separator: "\n").enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 + "\n" }.joined()
    }
}
