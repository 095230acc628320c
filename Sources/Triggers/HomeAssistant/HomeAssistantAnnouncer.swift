import Codecs
public import Fleet

/// The messages by which Home Assistant learns of a fleet through MQTT discovery: of triggers' sensors, whose state is the
/// newest result, of workers and of the dispatcher.
public struct HomeAssistantAnnouncer: Sendable {
    let identity: HomeAssistantIdentity

    public init(identity: HomeAssistantIdentity) { self.identity = identity }

    // MARK: Sensors

    /// - Parameter origin: of any window of the sensor.
    func announcements(
        of origin: WindowOrigin, _ trigger: Trigger, _ home: HomeAssistantSettings, resultTopic: String
    ) -> [Message] {
        let context = ResultContext(trigger: trigger, origin: origin, status: .done, answer: nil, latency: .zero)
        let name = home.name.map(context.text) ?? "\(trigger.name) \(origin.sensor)"
        return device(of: origin.sensor, name, trigger, home, resultTopic)
            .announcements(prefix: home.prefix, home.discovery)
    }

    func removals(of sensor: String, _ trigger: Trigger, _ home: HomeAssistantSettings) -> [Message] {
        device(of: sensor, "", trigger, home, "").removals(prefix: home.prefix, home.discovery)
    }

    /// Where the sensors' discovery messages are retained: to be subscribed to at the start, for `removals(of:keeping:)`.
    public static func discoveryFilters(prefix: String = "homeassistant") -> [String] {
        ["\(prefix)/device/+/config", "\(prefix)/sensor/+/+/config"]
    }

    /// What takes away the entities of triggers that are no longer there, or no longer want any.
    /// - Parameters:
    ///   - topics: on which there are retained discovery messages, of this fleet or others.
    ///   - triggers: all that there are.
    public func removals(of topics: some Sequence<String>, keeping triggers: [Trigger]) -> [Message] {
        let own = HomeAssistantObjectID.prefix(fleet: identity.fleet)
        return topics.filter { topic in
            let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
            guard levels.last == "config", let objectID = levels.first(where: { $0.hasPrefix(own) }) else {
                return false
            }
            return !triggers.contains { trigger in
                guard let home = trigger.homeAssistant, topic.hasPrefix("\(home.prefix)/") else { return false }
                let isDevice = topic == "\(home.prefix)/device/\(objectID)/config"
                return isDevice == (home.discovery == .device)
                    && objectID.hasPrefix(HomeAssistantObjectID.prefix(fleet: identity.fleet, trigger: trigger.name))
            }
        }.map(HomeAssistantDevice.removal)
    }

    private func device(
        of sensor: String, _ name: String, _ trigger: Trigger, _ home: HomeAssistantSettings, _ resultTopic: String
    ) -> HomeAssistantDevice {
        let objectID = HomeAssistantObjectID.sensor(sensor, fleet: identity.fleet, trigger: trigger.name)
        var device: JSON.Object = [
            "identifiers": [.string(objectID)], "name": .string(name), "manufacturer": "AttnFleet",
            "model": .string(trigger.model), "via_device": .string(identity.dispatcherIdentifier),
        ]
        device["suggested_area"] = home.suggestedArea.map(JSON.string)
        var result = resultEntity("result", home.state, objectID, home, resultTopic)
        result["name"] = "Result"
        result["json_attributes_topic"] = .string(resultTopic)
        result["icon"] = home.icon.map(JSON.string)
        result["device_class"] = home.deviceClass.map(JSON.string)
        result["unit_of_measurement"] = home.unit.map(JSON.string)
        var entities = [HomeAssistantDevice.Entity(key: "result", platform: "sensor", configuration: result)]
        if let member = home.score, member != home.state {
            var score = resultEntity("score", member, objectID, home, resultTopic)
            score["name"] = "Score"
            score["state_class"] = "measurement"
            score["suggested_display_precision"] = 3
            entities.append(HomeAssistantDevice.Entity(key: "score", platform: "sensor", configuration: score))
        }
        return HomeAssistantDevice(objectID: objectID, device: device, entities: entities)
    }

    private func resultEntity(
        _ key: String, _ member: ResultMember, _ objectID: String, _ home: HomeAssistantSettings, _ resultTopic: String
    ) -> JSON.Object {
        var entity: JSON.Object = [
            "unique_id": .string("\(objectID)_\(key)"), "state_topic": .string(resultTopic),
            "value_template": .string(member.valueTemplate),
        ]
        entity["expire_after"] = home.expireAfter.map { JSON($0) }
        entity["availability"] = Self.availability(identity.topics.dispatcherStatus(identity.dispatcher))
        return entity
    }

    /// A list of one, as `availability_topic` would do too; the payloads are those of `Presence`.
    static func availability(_ topic: String) -> JSON {
        [
            [
                "topic": .string(topic), "payload_available": .string(Presence.online.rawValue),
                "payload_not_available": .string(Presence.offline.rawValue),
            ]
        ]
    }
}

extension ResultMember {
    /// In the language of Home Assistant's templates; names that are no identifiers are quoted.
    var valueTemplate: String {
        let path = steps.map { step in
            let isIdentifier =
                step.first.map { !$0.isNumber } ?? false
                && step.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
                    default: false
                    }
                }
            return isIdentifier ? ".\(step)" : "[\(JSON.string(step))]"
        }
        return "{{ value_json\(path.joined()) }}"
    }
}
