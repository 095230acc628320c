/// How results appear in Home Assistant.
public struct HomeAssistantSettings: Sendable, Equatable {
    public enum Discovery: String, Sendable, CaseIterable {
        /// One message describes the device and its entities: Home Assistant 2024.11 or later.
        case device
        /// A message for each entity, which earlier ones understand too.
        case entity
    }

    /// What discovery topics begin with.
    public var prefix = "homeassistant"
    public var discovery = Discovery.device
    /// The device's name; nil: the trigger's and the sensor's.
    let name: TemplateText?
    /// Where in the result the entity's state lies.
    let state: ResultMember
    /// Where the score lies, for an entity of its own.
    let score: ResultMember?
    public var icon: String?
    public var deviceClass: String?
    public var unit: String?
    public var suggestedArea: String?
    /// Seconds without a result after which the entity is unavailable.
    public var expireAfter: Int?
    /// Whether the device is removed when its sensor is forgotten.
    public var removesForgotten = false
}
