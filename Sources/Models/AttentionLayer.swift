import Blobs
public import Codecs
public import Fleet
import Foundation
public import Transformer

/// A layer of multi-head attention that jobs can name: its archive, for the workers, and what it is.
public struct AttentionLayer: Sendable {
    /// What jobs call it: the folder's name.
    public let name: String
    public let digest: BlobDigest
    public let archive: any MemoryOwner
    public let configuration: MultiHeadAttentionConfiguration

    /// - Throws: `ModelError`, which names the folder.
    init(_ source: ModelFolder) throws(ModelError) {
        name = URL(fileURLWithPath: source.path).standardizedFileURL.lastPathComponent
        let bytes = ArchiveBytes(try source.archive())
        (archive, digest) = (bytes, BlobDigest(of: bytes.bytes))
        do {
            // Loaded once, to find out now what is wrong with it.
            configuration = try MultiHeadAttention(SafetensorsView(parsing: bytes)).configuration
        } catch let error as ModelError {
            throw ModelError(error.code, "\(source.path): \(error.message)")
        } catch {
            throw ModelError(.malformed, "\(source.path): \(error)")
        }
    }

    /// What a dispatcher tells of a layer in its birth.
    public var info: JSON {
        [
            "name": .string(name), "digest": .string(digest.description), "bytes": JSON(archive.bytes.count),
            "layers": 1, "hidden_size": JSON(configuration.embeddingSize), "heads": JSON(configuration.heads),
            "reads": "rows", "gives": "rows",
        ]
    }
}
