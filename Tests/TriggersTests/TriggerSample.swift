import Fleet
import Foundation
import Testing
import Triggers

/// Triggers from a few lines of YAML, and what drives them.
enum TriggerSample {
    /// Two channels in JSON, four readings a window, each window new; `t` in seconds.
    static let pairs = """
        name: pairs
        topic: sensors/+/pair
        payload:
          format: json
          fields: [x, y]
          timestamp: {field: t}
        window: {length: 4, normalisation: none, maximum_age: 60s}
        model: pairs
        deadline: 2s
        result:
          topic: results/{1}
        """

    /// One number in a line, without a time.
    static let numbers = """
        name: numbers
        topic: numbers/+
        payload: {format: csv}
        window: {length: 2, channels: 1, normalisation: none}
        model: numbers
        result: {topic: "results/{1}"}
        """

    static let texts = """
        name: texts
        topic: texts/+
        payload: {format: text}
        model: texts
        result: {topic: "results/{1}"}
        """

    static func triggers(_ yaml: String) throws -> [Trigger] {
        try TriggerFile(name: "sample.yaml", text: yaml).triggers()
    }

    static func trigger(_ yaml: String) throws -> Trigger { try #require(try triggers(yaml).first) }

    /// What is wrong with a file, a line each.
    static func issues(_ yaml: String) -> [String] {
        do throws(TriggerFileError) {
            _ = try TriggerFile(name: "f", text: yaml).triggers()
            return []
        } catch {
            return error.issues.map(\.description)
        }
    }

    static let identity = HomeAssistantIdentity(fleet: PeerID("home")!, dispatcher: PeerID("d1")!)

    private static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    /// The example with which the documentation begins.
    static func documented() throws -> String {
        let text = try String(contentsOf: root.appending(path: "docs/triggers.md"), encoding: .utf8)
        let start = try #require(text.range(of: "```yaml\n")).upperBound
        return String(text[start..<(try #require(text.range(of: "```\n", range: start..<text.endIndex)).lowerBound)])
    }

    /// The files that are shipped.
    static func shipped() throws -> [TriggerFile] {
        let folder = root.appending(path: "config/triggers")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted().map { name in
            TriggerFile(name: name, text: try String(contentsOf: folder.appending(path: name), encoding: .utf8))
        }
    }
}
