public import Codecs

/// What a `torch.nn.MultiheadAttention` is: its `config.json`, checked. Names are those of its arguments.
public struct MultiHeadAttentionConfiguration: Sendable, Equatable {
    /// Of queries and outputs.
    public let embeddingSize: Int
    public let heads: Int
    /// Of the rows that keys are projected from.
    public let keySize: Int
    /// Of the rows that values are projected from.
    public let valueSize: Int
    public let isBiased: Bool

    public static let modelType = "multihead_attention"

    public var headSize: Int { embeddingSize / heads }

    /// Whether the three input projections are one tensor, `in_proj_weight`.
    var isPacked: Bool { keySize == embeddingSize && valueSize == embeddingSize }

    /// Members: `model_type` = `multihead_attention`, `embed_dim`, `num_heads`; `kdim` and `vdim`, `embed_dim` if absent; `bias`,
    /// true if absent. `add_bias_kv` and `add_zero_attn`, if they are there, must be false.
    ///
    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public init(_ json: JSON) throws(ModelError) {
        let reader = try ConfigurationReader(json)
        let type = try reader.string("model_type")
        guard type == Self.modelType else {
            throw ModelError(.unsupported, "config.json: model_type is '\(type.prefix(64))', not \(Self.modelType)")
        }
        for key in ["add_bias_kv", "add_zero_attn"] where try reader.bool(key, or: false) {
            throw ModelError(.unsupported, "config.json: \(key) is not computed here")
        }
        embeddingSize = try reader.size("embed_dim")
        heads = try reader.size("num_heads")
        keySize = reader.has("kdim") ? try reader.size("kdim") : embeddingSize
        valueSize = reader.has("vdim") ? try reader.size("vdim") : embeddingSize
        isBiased = try reader.bool("bias", or: true)
        guard embeddingSize.isMultiple(of: heads) else {
            throw ModelError(
                .malformed, "config.json: embed_dim \(embeddingSize) is no multiple of num_heads \(heads)")
        }
    }

    /// Floating-point operations for `batch` times `queries` rows that attend to `keys` each.
    public func flops(batch: Int, queries: Int, keys: Int) -> Double {
        let (batch, l, s, e) = (Double(batch), Double(queries), Double(keys), Double(embeddingSize))
        return 2 * batch * (2 * l * e * e + s * e * Double(keySize + valueSize) + 2 * l * s * e)
    }
}
