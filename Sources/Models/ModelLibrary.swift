public import AttnMath
public import Codecs
public import Fleet
import Foundation
public import Transformer

/// The models that jobs can name.
public struct ModelLibrary: Sendable {
    /// By name.
    public let models: [Model]
    /// Layers of attention by themselves, by name.
    public let layers: [AttentionLayer]

    public static let empty = ModelLibrary([])

    public init(_ models: [Model], layers: [AttentionLayer] = []) {
        self.models = models.sorted { $0.name < $1.name }
        self.layers = layers.sorted { $0.name < $1.name }
    }

    /// Loads every model in a folder: each of its folders with a `config.json` is one.
    ///
    /// - Throws: `ModelError` at the first that cannot be loaded: a model that is there but not known to jobs would be found
    ///   out late.
    public init(folder: String, format: WeightFormat = .float32) throws(ModelError) {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw ModelError(.malformed, "\(folder): cannot be listed: it is no folder, or may not be read")
        }
        var (models, layers): ([Model], [AttentionLayer]) = ([], [])
        for name in names.sorted() where FileManager.default.fileExists(atPath: "\(folder)/\(name)/config.json") {
            let source = try ModelFolder("\(folder)/\(name)", format: format)
            if source.isAttentionLayer {
                layers.append(try AttentionLayer(source))
            } else {
                models.append(try Model(folder: "\(folder)/\(name)", format: format, hasLayers: false))
            }
        }
        self.init(models, layers: layers)
    }

    public subscript(name: String) -> Model? { models.first { $0.name == name } }

    /// What workers fetch by that digest.
    public func archive(_ digest: BlobDigest) -> (any MemoryOwner)? {
        models.first { $0.digest == digest }?.archive ?? layers.first { $0.digest == digest }?.archive
    }

    /// What a dispatcher tells of its models in its birth.
    public var info: JSON { .array(models.map(\.info) + layers.map(\.info)) }
}
