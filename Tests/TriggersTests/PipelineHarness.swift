import Codecs
import Fleet
import Testing
import Triggers

/// A pipeline with a clock that stands still until it is told, and after each event a look at what must always hold.
struct PipelineHarness {
    var pipeline: TriggerPipeline
    var now = Instant.origin
    /// Everything published and handed out so far.
    var published: [Message] = []
    var jobs: [WindowJob] = []

    init(_ yaml: String..., maximumWaiting: Int = 100, capacity: Int = 1000) throws {
        let triggers = try yaml.flatMap { try TriggerSample.triggers($0) }
        pipeline = TriggerPipeline(
            triggers, identity: TriggerSample.identity, settings: PipelineSettings(maximumWaiting: maximumWaiting))
        handle(.capacity(capacity))
    }

    mutating func handle(_ event: TriggerEvent) {
        for action in pipeline.handle(event, at: now) {
            switch action {
            case .infer(let job): jobs.append(job)
            case .publish(let message): published.append(message)
            }
        }
        #expect(pipeline.brokenInvariants == [])
    }

    mutating func receive(_ topic: String, _ payload: String, retain: Bool = false) {
        handle(.received(Message(topic: topic, payload: Array(payload.utf8), retain: retain)))
    }

    mutating func receive(_ topic: String, bytes: [UInt8]) { handle(.received(Message(topic: topic, payload: bytes))) }

    /// A reading of `TriggerSample.pairs`: x is the time, y its negative.
    mutating func receivePair(_ sensor: String = "a", at time: Int) {
        receive("sensors/\(sensor)/pair", #"{"x": \#(time), "y": -\#(time), "t": \#(time)}"#)
    }

    mutating func wait(_ duration: Duration) {
        now = now.advanced(by: duration)
        handle(.tick)
    }

    mutating func answer(_ job: WindowJob, labels: [String] = ["low", "high"], scores: [Float] = [0.1, 0.9]) {
        handle(.answered(job.id, InferenceAnswer(job: "job-\(job.id)", labels: labels, scores: scores)))
    }

    /// Of the only trigger.
    var counters: TriggerCounters {
        get throws { try #require(pipeline.triggerNames.first.flatMap { pipeline.counters(of: $0) }) }
    }

    func dropped(_ kind: DroppedReading) throws -> Int { try counters.dropped[kind, default: 0] }

    /// The last result, or message for Home Assistant, as JSON.
    func lastPublished() throws -> JSON.Object {
        try JSON(parsing: try #require(published.last).payload).object()
    }
}

extension WindowJob {
    /// Nil for a text.
    var values: [Float]? { if case .tensor(let values, _, _) = input { values } else { nil } }
}
