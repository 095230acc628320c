import Codecs
import Foundation

/// Recordings of sensors with their true labels, to be replayed: a model's `test.safetensors`, `x` [cases, channels, length] and
/// `y` [cases], places among the labels of its `config.json`.
public struct Recordings: Sendable {
    public let labels: [String]
    /// Of each case, its place among the labels.
    public let truth: [Int]
    public let length: Int
    /// By case and step, the members of a reading behind its time.
    private let bodies: [[String]]

    /// How the demo's sensors name their channels, as in `config/triggers/basic-motions.yaml`.
    private static let members = [("accelerometer", 0), ("gyroscope", 3)]

    /// Why recordings cannot be replayed.
    public struct Flaw: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Throws: `Flaw`, which names the file and says what is wrong with it.
    public init(model folder: String) throws(Flaw) {
        func bytes(_ name: String) throws(Flaw) -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
                throw Flaw(description: "\(folder)/\(name) is not there or cannot be read")
            }
            return Array(data)
        }
        let (config, tensors) = (try bytes("config.json"), try bytes("test.safetensors"))
        do {
            try self.init(config: JSON(parsing: config), Safetensors(parsing: tensors))
        } catch {
            throw Flaw(description: "\(folder): \(error)")
        }
    }

    init(config: JSON, _ file: Safetensors) throws {
        let named = try config.object().object("id2label").members
        labels = named.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.compactMap(\.value.stringValue)
        let (x, y) = (try file.tensor("x"), try file.tensor("y"))
        guard x.shape.count == 3, x.shape[1] == 6, x.shape[0] > 0, y.shape == [x.shape[0]] else {
            throw Flaw(description: "x is \(x.shape) and y \(y.shape), not [cases, 6, length] and [cases]")
        }
        let values = try file.elements(of: x, as: Float.self)
        truth = try file.elements(of: y, as: Int32.self).map { Int($0) }
        guard truth.allSatisfy(labels.indices.contains) else {
            throw Flaw(description: "y names a class that is not among the \(labels.count) labels")
        }
        let (channels, length) = (x.shape[1], x.shape[2])
        self.length = length
        bodies = (0..<x.shape[0]).map { recording in
            (0..<length).map { step in
                Self.members.map { name, first in
                    let axes = ["x", "y", "z"].enumerated().map { axis, letter in
                        let value = values[(recording * channels + first + axis) * length + step]
                        return "\"\(letter)\":\(value)"
                    }
                    return "\"\(name)\":{\(axes.joined(separator: ","))}"
                }.joined(separator: ",")
            }
        }
    }

    public var count: Int { truth.count }

    /// A reading as a sensor publishes it.
    /// - Parameter start: when the recording begins, in seconds since 1970; readings are a tenth of a second apart.
    public func reading(of recording: Int, step: Int, start: Int) -> [UInt8] {
        Array("{\"t\":\(start + step / 10).\(step % 10),\(bodies[recording][step])}".utf8)
    }
}
