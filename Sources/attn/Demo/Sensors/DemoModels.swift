import Foundation
import LocalFleet

/// Where the demo's models are.
struct DemoModels {
    let folder: String

    static let sensorName = "basic-motions"
    static let sentenceName = "all-MiniLM-L6-v2"

    /// - Throws: `CommandFailure`, which says what to do.
    init(_ given: String?) throws {
        let found = (given.map { [$0] } ?? Self.places).first { Self.has($0, Self.sensorName) }
        guard let found else {
            throw CommandFailure(
                given.map { "there is no \(Self.sensorName)/config.json in \($0)" }
                    ?? "models/\(Self.sensorName) is not here: run this in the repository, or say --models FOLDER")
        }
        folder = found
    }

    var sensorModel: String { "\(folder)/\(Self.sensorName)" }

    var hasSentenceModel: Bool { Self.has(folder, Self.sentenceName) }

    /// Here, and above the program, which is built into the repository.
    private static var places: [String] {
        var places = ["models"]
        var folder = URL(fileURLWithPath: Executables.own ?? "/")
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            places.append("\(folder.path)/models")
        }
        return places
    }

    private static func has(_ folder: String, _ model: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(model)/config.json")
    }
}
