import Codecs
import Foundation

/// A folder for one test, removed with it.
final class Folder: Sendable {
    let path: String
    private let parent: String
    private let outputs: String

    init() throws {
        parent = FileManager.default.temporaryDirectory.appending(path: "attn-test-\(UUID().uuidString)").path
        (path, outputs) = ("\(parent)/work", "\(parent)/outputs")
        for folder in [path, outputs] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: parent) }

    /// What programs have left here.
    var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    /// A path beside the folder, where programs do not look.
    func hidden(_ name: String) -> String { "\(outputs)/\(name)" }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return name
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }

    func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")))
    }

    func safetensors(_ name: String) throws -> Safetensors { try Safetensors(parsing: try read(name)) }

    func json(_ name: String) throws -> JSON.Object { try JSON(parsing: try read(name)).object() }
}
