/// What a name in braces stands for in a result's topic or template.
enum Placeholder: Sendable, Hashable {
    /// A wildcard of the topic filter, from 1.
    case wildcard(Int)
    case field(Field)

    enum Field: String, Sendable, CaseIterable {
        // Of the message that completed the window.
        case topic, sensor, trigger, model
        // Of the answer.
        case label, score, scores, embedding, status, job, workers
        case latencyMilliseconds = "latency_ms"
        case windowStart = "window_start"
        case windowEnd = "window_end"

        /// Whether it is known before there is an answer, and the same for all results of a sensor.
        var isOfSensor: Bool {
            switch self {
            case .topic, .sensor, .trigger, .model: true
            default: false
            }
        }
    }

    /// Nil for a name that is none.
    init?(_ name: some StringProtocol) {
        if let number = Int(name), number > 0, name.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
            self = .wildcard(number)
        } else if let field = Field(rawValue: String(name)) {
            self = .field(field)
        } else {
            return nil
        }
    }
}
