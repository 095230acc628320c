import Codecs
import Fleet

/// A device with its entities, as MQTT discovery describes it.
///
/// Source: Home Assistant's documentation of MQTT discovery. Keys are written in full, not abbreviated, and what is shared
/// by all entities is said for each, so that both ways of discovery say the same.
struct HomeAssistantDevice {
    struct Entity {
        /// Unique in the device.
        let key: String
        /// Such as `sensor`.
        let platform: String
        let configuration: JSON.Object
    }

    /// Of its discovery topics.
    let objectID: String
    let device: JSON.Object
    let entities: [Entity]

    /// Retained, since Home Assistant may come later.
    func announcements(prefix: String, _ discovery: HomeAssistantSettings.Discovery) -> [Message] {
        switch discovery {
        case .device: [message(deviceTopic(prefix), deviceConfiguration)]
        case .entity: entities.map { message(topic(of: $0, prefix), entityConfiguration($0)) }
        }
    }

    /// An empty retained message each, which takes away what was there.
    func removals(prefix: String, _ discovery: HomeAssistantSettings.Discovery) -> [Message] {
        switch discovery {
        case .device: [Self.removal(deviceTopic(prefix))]
        case .entity: entities.map { Self.removal(topic(of: $0, prefix)) }
        }
    }

    static func removal(_ topic: String) -> Message {
        Message(topic: topic, payload: [], qos: .atLeastOnce, retain: true)
    }

    private func deviceTopic(_ prefix: String) -> String { "\(prefix)/device/\(objectID)/config" }

    private func topic(of entity: Entity, _ prefix: String) -> String {
        "\(prefix)/\(entity.platform)/\(objectID)/\(entity.key)/config"
    }

    private var deviceConfiguration: JSON.Object {
        let components = entities.map { entity -> (String, JSON) in
            var configuration: JSON.Object = ["platform": .string(entity.platform)]
            for member in entity.configuration.members { configuration[member.key] = member.value }
            return (entity.key, .object(configuration))
        }
        return [
            "device": .object(device), "origin": .object(Self.origin), "components": .object(JSON.Object(components)),
        ]
    }

    private func entityConfiguration(_ entity: Entity) -> JSON.Object {
        var configuration = entity.configuration
        configuration["device"] = .object(device)
        configuration["origin"] = .object(Self.origin)
        return configuration
    }

    private static let origin: JSON.Object = ["name": "AttnFleet", "sw_version": .string(FleetVersion.current)]

    private func message(_ topic: String, _ configuration: JSON.Object) -> Message {
        Message(
            topic: topic, payload: JSON.object(configuration).encoded(), qos: .atLeastOnce, retain: true,
            contentType: "application/json")
    }
}
