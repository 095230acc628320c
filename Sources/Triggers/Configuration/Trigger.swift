public import Fleet

/// A rule from sensors' topics to a model to a result topic.
public struct Trigger: Sendable, Equatable {
    /// Unique among a dispatcher's triggers.
    public let name: PeerID
    public let place: TriggerPlace
    public let topic: TopicPattern
    public let payload: PayloadFormat
    /// Nil for text: every message is an input.
    public let window: WindowSettings?
    public let model: String
    /// From the message that completes a window to its answer.
    public let deadline: Duration
    public let afterDeadline: DeadlinePolicy
    /// The most sensors at a time: readings of others are refused.
    public let maximumSensors: Int
    public let result: ResultSettings
    public let homeAssistant: HomeAssistantSettings?

    /// What a sensor of a trigger without a window is remembered for.
    static let defaultMaximumAge = Duration.seconds(600)

    var maximumAge: Duration { window?.maximumAge ?? Self.defaultMaximumAge }

    /// What a dispatcher subscribes to.
    public var subscription: Subscription { Subscription(topic.text, qos: .atLeastOnce) }
}
