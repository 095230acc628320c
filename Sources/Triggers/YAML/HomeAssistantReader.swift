import Fleet
import Yams

/// Reads how results appear in Home Assistant: the key `homeassistant`, which is `true` or has keys.
struct HomeAssistantReader {
    static let keys = [
        "prefix", "discovery", "name", "value", "icon", "device_class", "unit", "area", "expire_after",
        "remove_forgotten",
    ]

    private let trigger: YAMLMapping
    private let topic: TopicPattern?
    private let result: ResultSettings

    init(_ trigger: YAMLMapping, topic: TopicPattern?, result: ResultSettings) {
        self.trigger = trigger
        self.topic = topic
        self.result = result
    }

    func settings() -> HomeAssistantSettings? {
        guard let node = trigger.node("homeassistant") else { return nil }
        guard node.mapping != nil else {
            guard trigger.bool("homeassistant") == true, let state = state(nil) else { return nil }
            return HomeAssistantSettings(name: nil, state: state, score: result.template.member(of: .score))
        }
        guard let home = trigger.mapping("homeassistant", keys: Self.keys), let state = state(home) else { return nil }
        var settings = HomeAssistantSettings(
            name: name(home), state: state, score: result.template.member(of: .score))
        let prefix = home.value("prefix", expected: "a topic") { topic in
            (try? TopicName.validate(topic)) == nil ? nil : topic
        }
        settings.prefix = prefix ?? settings.prefix
        settings.discovery = home.choice("discovery", HomeAssistantSettings.Discovery.self) ?? .device
        settings.icon = home.value("icon", expected: "an icon such as mdi:walk") { $0.contains(":") ? $0 : nil }
        settings.deviceClass = home.string("device_class")
        settings.unit = home.string("unit")
        settings.suggestedArea = home.string("area")
        settings.expireAfter = home.duration("expire_after").map { max(1, Int($0.inSeconds.rounded(.up))) }
        settings.removesForgotten = home.bool("remove_forgotten") ?? false
        return settings
    }

    private func name(_ home: YAMLMapping) -> TemplateText? {
        guard let text = home.string("name"), let name = TemplateText(text, "name", home) else { return nil }
        for case .field(let field) in name.placeholders where !field.isOfSensor {
            home.note("name", "{\(field.rawValue)} is another for each result")
        }
        for case .wildcard(let number) in name.placeholders where number > topic?.wildcardCount ?? number {
            home.note("name", "{\(number)}: the topic filter has \(topic?.wildcardCount ?? 0) wildcards")
        }
        return name
    }

    /// What the entity shows: the member named, else the label, else the score.
    private func state(_ home: YAMLMapping?) -> ResultMember? {
        if let home, home.node("value") != nil {
            let expected = "a member of the template"
            return home.value("value", expected: expected) { text in
                let steps = text.split(separator: ".").map(String.init)
                return result.template.hasMember(steps[...]) ? ResultMember(steps: steps) : nil
            }
        }
        if let member = result.template.member(of: .label) ?? result.template.member(of: .score) { return member }
        let reason = "the result's template has no member {label} or {score}; expected 'value' to name one"
        trigger.note("homeassistant", reason)
        return nil
    }
}

extension ResultTemplate {
    fileprivate func hasMember(_ steps: ArraySlice<String>) -> Bool {
        guard let step = steps.first else { return true }
        guard case .object(let members) = self else { return false }
        return members.contains { $0.key == step && $0.value.hasMember(steps.dropFirst()) }
    }
}
