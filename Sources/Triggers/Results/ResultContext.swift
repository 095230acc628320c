import Codecs
import Fleet

/// What a result's placeholders stand for.
struct ResultContext {
    enum Status: String {
        case done
        /// After the deadline.
        case late
        /// At the deadline, without an answer.
        case partial
    }

    let trigger: Trigger
    let origin: WindowOrigin
    let status: Status
    let answer: InferenceAnswer?
    let latency: Duration

    var topic: String { text(trigger.result.topic) }

    var payload: [UInt8] { trigger.result.template.json(json).encoded() }

    /// A topic or a name: nothing but what is known of a sensor stands there.
    func text(_ template: TemplateText) -> String { template.text(text) }

    private func text(_ placeholder: Placeholder) -> String { json(placeholder).stringValue ?? "" }

    private func json(_ placeholder: Placeholder) -> JSON {
        switch placeholder {
        case .wildcard(let number):
            let captures = origin.captures(trigger)
            return number <= captures.count ? .string(String(captures[number - 1])) : .null
        case .field(let field): return json(field)
        }
    }

    private func json(_ field: Placeholder.Field) -> JSON {
        switch field {
        case .topic: .string(origin.topic)
        case .sensor: .string(origin.sensor)
        case .trigger: .string(trigger.name.text)
        case .model: .string(trigger.model)
        case .status: .string(status.rawValue)
        case .latencyMilliseconds: JSON((latency.inMilliseconds * 1000).rounded() / 1000)
        case .windowStart: JSON(origin.start.inSeconds)
        case .windowEnd: JSON(origin.end.inSeconds)
        case .job: answer.map { .string($0.job) } ?? .null
        case .workers: answer.map { .array($0.workers.map { .string($0) }) } ?? .null
        case .label: label
        case .score: answer.flatMap { answer in answer.best.map { JSON(shortest: answer.scores[$0]) } } ?? .null
        case .scores: scores
        case .embedding: numbers(answer?.embedding)
        }
    }

    private var label: JSON {
        guard let answer, let best = answer.best, best < answer.labels.count else { return .null }
        return .string(answer.labels[best])
    }

    /// By label where the model has labels.
    private var scores: JSON {
        guard let answer, !answer.scores.isEmpty, answer.labels.count == answer.scores.count else {
            return numbers(answer?.scores)
        }
        return .object(JSON.Object(zip(answer.labels, answer.scores).map { ($0, JSON(shortest: $1)) }))
    }

    private func numbers(_ values: [Float]?) -> JSON {
        guard let values, !values.isEmpty else { return .null }
        return .array(values.map { JSON(shortest: $0) })
    }
}

extension JSON {
    /// The number with the fewest digits that read back to the same `Float`: 0.9 and not 0.8999999761581421.
    init(shortest value: Float) { self = Double(value.description).map { JSON($0) } ?? .null }
}
