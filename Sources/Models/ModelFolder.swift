import AttnMath
import Blobs
import Codecs
import Foundation
import Transformer

/// A model's folder as Hugging Face's tools write it: `config.json`, `model.safetensors`, a tokenizer's files, and those of
/// sentence-transformers for pooling, if there are any.
struct ModelFolder {
    let path: String
    /// `model_type`; nil if there is none.
    let kind: String?
    private let metadata: [String: String]
    private let weights: SafetensorsView

    /// - Throws: `ModelError`, which names the file.
    init(_ path: String, format: WeightFormat) throws(ModelError) {
        self.path = path
        guard let config = try Self.text("\(path)/config.json") else {
            throw ModelError(.malformed, "\(path): there is no config.json; a model's folder has one")
        }
        let pooling = try Self.pooling(path)
        let normalizes = try Self.text("\(path)/modules.json")?.contains("models.Normalize") ?? false
        metadata = ModelArchive.metadata(
            config: config, pooling: pooling, normalizesEmbedding: normalizes, format: format)
        do {
            weights = try SafetensorsView(parsing: MappedBytes(path: "\(path)/model.safetensors"))
            kind = try JSON(parsing: config).objectValue?["model_type"]?.stringValue
        } catch let error as ModelError {
            throw ModelError(error.code, "\(path): \(error.message)")
        } catch {
            throw ModelError(.malformed, "\(path): \(error)")
        }
    }

    var isAttentionLayer: Bool { kind == MultiHeadAttentionConfiguration.modelType }

    var hasTokenizer: Bool {
        ["tokenizer.json", "vocab.txt"].contains { FileManager.default.fileExists(atPath: "\(path)/\($0)") }
    }

    /// The model as one archive; float16 where the format says so, which halves what travels.
    func archive() throws(ModelError) -> [UInt8] {
        let narrow = metadata["weights"] == WeightFormat.float16.rawValue
        let sources = weights.tensors.filter { FloatFormat($0.type) != nil }.map { tensor in
            narrow && tensor.shape.count == 2 && tensor.type == .f32
                ? halved(tensor) : TensorSource(tensor, of: weights)
        }
        do { return try Safetensors.encode(metadata: metadata, tensors: sources) } catch {
            throw ModelError(.malformed, "\(path): \(error)")
        }
    }

    private func halved(_ tensor: TensorInfo) -> TensorSource {
        TensorSource(tensor.name, .f16, shape: tensor.shape) { [weights] destination in
            weights.withUnsafeBytes(of: tensor) { bytes in
                let numbers = Array(bytes.bindMemory(to: Float.self))
                do {
                    try numbers.withUnsafeBufferPointer { try FloatFormat.float16.encode($0, into: destination) }
                } catch {
                    preconditionFailure("as many numbers as elements: \(error)")
                }
            }
        }
    }

    private static func pooling(_ path: String) throws(ModelError) -> Pooling? {
        guard let text = try text("\(path)/1_Pooling/config.json") else { return nil }
        guard let json = try? JSON(parsing: text), case .object(let object) = json else {
            throw ModelError(.malformed, "\(path)/1_Pooling/config.json: not a JSON object")
        }
        if object["pooling_mode_mean_tokens"]?.boolValue == true { return .mean }
        if object["pooling_mode_cls_token"]?.boolValue == true { return .first }
        throw ModelError(.unsupported, "\(path)/1_Pooling/config.json: only the mean and cls are pooled here")
    }

    /// A small file's text; nil if there is none.
    private static func text(_ path: String) throws(ModelError) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path), data.count <= 1 << 20,
            let text = String(bytes: data, encoding: .utf8)
        else { throw ModelError(.malformed, "\(path): cannot be read as text of at most 1 MiB") }
        return text
    }
}
