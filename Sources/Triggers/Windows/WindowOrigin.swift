import Fleet

/// Where a window comes from: all that its result says of it.
struct WindowOrigin: Sendable, Equatable {
    let sensor: String
    /// Of the sensor's first message.
    let topic: String
    let start: SensorTime
    let end: SensorTime
    /// When its last reading came.
    let ready: Instant

    func captures(_ trigger: Trigger) -> [Substring] { trigger.topic.captures(TopicPattern.levels(of: topic)) }
}
