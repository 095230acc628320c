import Foundation

/// The demo's triggers, in a file of its own: those of `config/triggers/`, but for windows that are whole recordings and
/// deadlines that a loaded machine meets.
struct DemoTriggers {
    let path: String

    static let sensorResults = "demo/activity"
    static let sentenceResults = "demo/embedding"

    init(_ models: DemoModels) throws {
        path = NSTemporaryDirectory() + "attn-demo-\(UUID().uuidString).yaml"
        let text = Self.sensors + (models.hasSentenceModel ? Self.sentences : "")
        do { try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting) } catch {
            throw CommandFailure("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// In a folder for temporary files, one that is left behind does no harm.
    func remove() { try? FileManager.default.removeItem(atPath: path) }

    private static let sensors = """
        triggers:
          - name: demo-motion
            topic: demo/motion/+
            payload:
              format: json
              fields: [accelerometer.x, accelerometer.y, accelerometer.z, gyroscope.x, gyroscope.y, gyroscope.z]
              timestamp: { field: t, unit: s }
            window: { length: 100, channels: 6, maximum_gap: 2s, maximum_age: 1h }
            model: \(DemoModels.sensorName)
            deadline: 60s
            result:
              topic: \(sensorResults)/{1}
              template: { activity: "{label}", score: "{score}", start: "{window_start}", workers: "{workers}" }

        """

    private static let sentences = """
          - name: demo-sentences
            topic: demo/sentence/+
            payload: { format: text }
            model: \(DemoModels.sentenceName)
            deadline: 60s
            result:
              topic: \(sentenceResults)/{1}
              template: { embedding: "{embedding}", latency_ms: "{latency_ms}", workers: "{workers}" }

        """
}
