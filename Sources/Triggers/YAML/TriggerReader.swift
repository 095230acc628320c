import Fleet
import Yams

/// Reads one trigger. What its keys mean is in `docs/triggers.md`.
struct TriggerReader {
    static let keys = [
        "name", "topic", "payload", "window", "model", "deadline", "on_deadline", "maximum_sensors", "result",
        "homeassistant",
    ]

    let mapping: YAMLMapping

    init?(_ node: Node, path: String, _ issues: IssueList) {
        guard let mapping = YAMLMapping(node, path: path, keys: Self.keys, issues) else { return nil }
        self.mapping = mapping
    }

    /// Nil if something was noted that it cannot be without.
    func trigger() -> Trigger? {
        let name = mapping.requiredValue("name", expected: PeerID.rule) { PeerID($0) }
        let topic = topic()
        let model = mapping.requiredValue("model", expected: "a model's name") { $0.isEmpty ? nil : $0 }
        let payload = PayloadReader(mapping, topic: topic).format()
        let window = payload.flatMap { WindowReader(mapping, payload: $0).settings() }
        let result = ResultReader(mapping, topic: topic, channel: payload?.channel).settings()
        let home = result.flatMap { HomeAssistantReader(mapping, topic: topic, result: $0).settings() }
        guard let name, let topic, let model, let payload, let result, payload.isText || window != nil
        else { return nil }
        return Trigger(
            name: name,
            place: TriggerPlace(
                file: mapping.issues.file, line: mapping.mark?.line ?? 1, column: mapping.mark?.column ?? 1),
            topic: topic, payload: payload, window: payload.isText ? nil : window, model: model,
            deadline: mapping.duration("deadline") ?? .seconds(5),
            afterDeadline: mapping.choice("on_deadline", DeadlinePolicy.self) ?? .drop,
            maximumSensors: mapping.int("maximum_sensors", in: 1...1_000_000) ?? 10_000, result: result,
            homeAssistant: home)
    }

    private func topic() -> TopicPattern? {
        guard let text = mapping.requiredValue("topic", expected: "a topic filter", { $0 }) else { return nil }
        do { return try TopicPattern(text) } catch {
            mapping.note("topic", error.message)
            return nil
        }
    }
}
