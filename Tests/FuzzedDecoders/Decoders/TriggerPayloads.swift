import Fleet
import Triggers

extension FuzzedDecoder {
    /// A message of a sensor, read by triggers of all formats: each makes a window of finite values of it, or counts it.
    static let triggerPayload: FuzzedDecoder = {
        // Before anything is counted: reading the file allocates more than a message may.
        let start = pipelineOfAllFormats()
        return FuzzedDecoder("trigger-payload", .json, bound: AllocationBound(fixed: 128 << 10, perByte: 1024)) {
            input in
            var pipeline = try start.get()
            var windows: [WindowJob] = []
            for topic in ["json", "member", "csv", "raw", "safetensors", "text"] {
                let message = Message(topic: topic, payload: input)
                for case .infer(let job) in pipeline.handle(.received(message), at: .origin) { windows.append(job) }
            }
            guard !windows.isEmpty else { throw NoReading() }
            return (pipeline, windows)
        } verify: { pipeline, windows in
            try requireEqual(pipeline.brokenInvariants, [], "what must always hold")
            for case .tensor(let values, let channels, let length) in windows.map(\.input) {
                try requireEqual(values.count, channels * length, "values")
                try require(values.allSatisfy(\.isFinite), "\(values) has what is not finite")
            }
        }
    }()

    private struct NoReading: Error {}

    /// A trigger for each format, under its name as a topic; every message is a window.
    private static func pipelineOfAllFormats() -> Result<TriggerPipeline, any Error> {
        let payloads = [
            ("json", "{format: json, fields: [x, 'y[0]'], timestamp: {field: t, unit: ms}}"),
            ("csv", "{format: csv, timestamp: {field: 1}}"), ("raw", "{format: raw, type: f32}"),
            ("safetensors", "{format: safetensors, tensor: x, timestamp: {field: t}}"),
            ("member", "{format: json, text: s}"), ("text", "{format: text}"),
        ]
        let file = payloads.map { name, payload in
            let isText = name == "member" || name == "text"
            return """
                  - name: \(name)
                    topic: \(name)
                    payload: \(payload)
                \(isText ? "" : "    window: {length: 1, channels: 2, normalisation: zscore}")
                    model: fuzzed
                    result: {topic: result}

                """
        }
        return Result {
            let triggers = try TriggerFile(name: "fuzzed.yaml", text: "triggers:\n" + file.joined()).triggers()
            guard let id = PeerID("fuzz") else { throw NoReading() }
            let identity = HomeAssistantIdentity(fleet: id, dispatcher: id)
            var pipeline = TriggerPipeline(triggers, identity: identity)
            _ = pipeline.handle(.capacity(100), at: .origin)
            return pipeline
        }
    }
}
