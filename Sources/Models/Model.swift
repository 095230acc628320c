public import AttnMath
import Blobs
public import Codecs
public import Fleet
import Foundation
public import Tokenizer
public import Transformer

/// A model that jobs can name: its archive, for the workers; its tokenizer; and as much of it as this process computes.
public struct Model: Sendable {
    /// What jobs call it: the folder's name.
    public let name: String
    public let digest: BlobDigest
    public let archive: any MemoryOwner
    public let encoder: Encoder
    /// Of text models whose folder has one: without it they are given tokens only.
    public let tokenizer: WordPieceTokenizer?

    public var configuration: EncoderConfiguration { encoder.configuration }

    /// Loads a folder.
    ///
    /// - Parameters:
    ///   - format: what its linear layers are kept in, here and at the workers.
    ///   - hasLayers: whether this process computes layers too, or only what is before and behind them.
    /// - Throws: `ModelError`, which names the file that is missing or wrong.
    public init(
        folder: String, format: WeightFormat = .float32, hasLayers: Bool, kernel: AttentionKernel = .best
    ) throws(ModelError) {
        let source = try ModelFolder(folder, format: format)
        let bytes = ArchiveBytes(try source.archive())
        let path = URL(fileURLWithPath: folder).standardizedFileURL
        name = path.lastPathComponent
        archive = bytes
        digest = BlobDigest(of: bytes.bytes)
        do {
            encoder = try Encoder(SafetensorsView(parsing: bytes), kernel: kernel, hasLayers: hasLayers)
            if case .tokens = encoder.configuration.input, source.hasTokenizer {
                tokenizer = try WordPieceTokenizer(folder: folder)
            } else {
                tokenizer = nil
            }
        } catch let error as ModelError {
            throw ModelError(error.code, "\(folder): \(error.message)")
        } catch {
            throw ModelError(.malformed, "\(folder): \(error)")
        }
    }

    /// A batch of texts, each cut to what the model takes.
    /// - Throws: `ModelError.invalidInput` if the model does not read text.
    public func batch(texts: [String]) throws(ModelError) -> EncoderBatch {
        guard let tokenizer else {
            throw ModelError(.invalidInput, "model '\(name)' reads no text: its folder has no tokenizer")
        }
        let encodings = texts.map {
            tokenizer.encode($0, maximumLength: min(tokenizer.maximumLength, configuration.maximumLength))
        }
        return .tokens(
            TokenBatch(
                tokens: encodings.flatMap(\.ids), types: encodings.flatMap(\.typeIDs),
                lengths: encodings.map(\.ids.count)))
    }
}
