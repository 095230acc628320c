import Codecs
import Fleet
import Yams

/// Reads where results go: the key `result`.
struct ResultReader {
    static let keys = ["topic", "template", "retain", "qos"]

    private let trigger: YAMLMapping
    private let topic: TopicPattern?
    private let channel: ChannelSource?

    init(_ trigger: YAMLMapping, topic: TopicPattern?, channel: ChannelSource?) {
        self.trigger = trigger
        self.topic = topic
        self.channel = channel
    }

    func settings() -> ResultSettings? {
        guard trigger.required("result", "keys with values, 'topic' among them") != nil,
            let result = trigger.mapping("result", keys: Self.keys)
        else { return nil }
        let text = result.requiredValue("topic", expected: "a topic") { $0.isEmpty ? nil : $0 }
        let template = result.node("template").map { self.template($0, result.name("template"), result) }
        let qos = result.value("qos", expected: "0 or 1") { UInt8($0).flatMap { QoS(rawValue: $0) } }
        guard let text, let topic = resultTopic(text, result) else { return nil }
        return ResultSettings(
            topic: topic, template: template ?? .default, retain: result.bool("retain") ?? false,
            qos: qos ?? .atLeastOnce)
    }

    private func resultTopic(_ text: String, _ result: YAMLMapping) -> TemplateText? {
        guard let template = TemplateText(text, "topic", result) else { return nil }
        for placeholder in template.placeholders {
            if let defect = self.defect(of: placeholder, isOfSensor: true) {
                result.note("topic", defect)
                return nil
            }
        }
        // What wildcards stand for comes from topics, so the rest decides.
        do { try TopicName.validate(template.text { _ in "x" }) } catch {
            result.note("topic", error.message)
            return nil
        }
        if let topic, topic.mayMatch(template) {
            result.note(
                "topic", "results would be readings: '\(text)' may match the trigger's own filter '\(topic.text)'")
            return nil
        }
        return template
    }

    private func template(_ node: Node, _ path: String, _ result: YAMLMapping) -> ResultTemplate {
        guard node.mapping != nil else {
            result.note("template", "expected keys with values, found \(node.kind)")
            return .default
        }
        return value(node, path, result)
    }

    private func value(_ node: Node, _ path: String, _ result: YAMLMapping) -> ResultTemplate {
        switch node {
        case .mapping(let mapping):
            return .object(
                mapping.map { member in
                    let key = member.key.scalar?.string ?? ""
                    return ResultTemplate.Member(key: key, value: value(member.value, "\(path).\(key)", result))
                })
        case .sequence(let sequence):
            return .array(sequence.enumerated().map { value($1, "\(path)[\($0)]", result) })
        case .scalar(let scalar): return self.scalar(scalar, path, result)
        case .alias:
            result.issues.note("\(path): an alias means nothing here", at: node.mark)
            return .constant(nil)
        }
    }

    private func scalar(_ scalar: Node.Scalar, _ path: String, _ result: YAMLMapping) -> ResultTemplate {
        if scalar.style == .plain, let constant = Self.constant(scalar.string) { return .constant(constant) }
        do throws(TemplateText.Defect) {
            let text = try TemplateText(scalar.string)
            for placeholder in text.placeholders {
                if let defect = defect(of: placeholder, isOfSensor: false) {
                    result.issues.note("\(path): \(defect)", at: scalar.mark)
                }
            }
            return ResultTemplate(text)
        } catch {
            result.issues.note("\(path): \(error.reason)", at: scalar.mark)
            return .constant(nil)
        }
    }

    /// What stands without quotes and is no text.
    private static func constant(_ text: String) -> JSON? {
        if ["", "~"].contains(text) { return .null }
        guard let json = try? JSON(parsing: text) else { return nil }
        return json.arrayValue == nil && json.objectValue == nil && json.stringValue == nil ? json : nil
    }

    /// Why a placeholder cannot stand there; nil if it can.
    private func defect(of placeholder: Placeholder, isOfSensor: Bool) -> String? {
        switch placeholder {
        case .wildcard(let number):
            guard let topic else { return nil }
            guard number <= topic.wildcardCount else {
                return "{\(number)}: the topic filter has \(topic.wildcardCount) wildcards"
            }
            return channel?.place == .wildcard(number) ? "{\(number)} is the channel, of which a window has all" : nil
        case .field(.topic) where channel.map { if case .wildcard = $0.place { true } else { false } } == true:
            return "{topic} is another for each channel, of which a window has all"
        case .field(let field):
            guard isOfSensor, !field.isOfSensor else { return nil }
            let known = "{1}, {2}, … {topic}, {sensor}, {trigger}, {model}"
            return "{\(field.rawValue)} is another for each result; a topic has \(known)"
        }
    }
}

extension TemplateText {
    /// Notes why a text is no template.
    init?(_ text: String, _ key: String, _ mapping: YAMLMapping) {
        do throws(Defect) { try self.init(text) } catch {
            mapping.note(key, error.reason)
            return nil
        }
    }
}
