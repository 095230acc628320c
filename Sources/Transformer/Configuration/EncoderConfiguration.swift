public import AttnMath
public import Codecs

/// What an encoder is: its `config.json`, as far as computing it needs, checked.
///
/// Names are those of Hugging Face's files. Sizes are bounded, so that no product of two overflows.
public struct EncoderConfiguration: Sendable, Equatable {
    public let input: EncoderInput
    /// Width of the rows that go from layer to layer.
    public let hiddenSize: Int
    public let layers: Int
    public let heads: Int
    public let intermediateSize: Int
    public let activation: Activation
    public let layerNormEpsilon: Float
    public let pooling: Pooling
    /// Whether a pooled embedding is divided by its Euclidean norm.
    public let normalizesEmbedding: Bool
    /// Names of the classes, in order; empty for a model without a classifier.
    public let labels: [String]

    public var headSize: Int { hiddenSize / heads }

    /// Most positions of one sequence.
    public var maximumLength: Int {
        switch input {
        case .tokens(let tokens): tokens.maximumLength
        case .series(let series): series.patches
        }
    }

    /// - Parameters:
    ///   - json: of `config.json`.
    ///   - pooling: how the rows of a sequence become one; nil: by the kind of model.
    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public init(_ json: JSON, pooling: Pooling? = nil, normalizesEmbedding: Bool = false) throws(ModelError) {
        let reader = try ConfigurationReader(json)
        let type = try reader.string("model_type")
        switch type {
        case "bert": input = .tokens(try TokenInput(reader))
        case "sensor_transformer": input = .series(try SeriesInput(reader))
        default:
            throw ModelError(
                .unsupported, "config.json: model_type is '\(type.prefix(64))', not bert or sensor_transformer")
        }
        hiddenSize = try reader.size("hidden_size")
        heads = try reader.size("num_attention_heads")
        layers = try reader.int("num_hidden_layers", in: 1...1024)
        intermediateSize = try reader.size("intermediate_size")
        activation = try reader.activation("hidden_act")
        layerNormEpsilon = Float(try reader.number("layer_norm_eps", or: 1e-12))
        let isClassifier = try reader.isClassifier
        labels = isClassifier ? try reader.labels() : []
        self.pooling = pooling ?? (isClassifier && type == "bert" ? .first : .mean)
        self.normalizesEmbedding = normalizesEmbedding
        guard hiddenSize.isMultiple(of: heads) else {
            throw ModelError(
                .malformed, "config.json: hidden_size \(hiddenSize) is no multiple of num_attention_heads \(heads)")
        }
    }
}

/// How the rows of a sequence become one row.
public enum Pooling: String, Sendable {
    /// Their mean.
    case mean
    /// The first one: that of the token `[CLS]`.
    case first = "cls"
}

/// What an encoder reads.
public enum EncoderInput: Sendable, Equatable {
    case tokens(TokenInput)
    case series(SeriesInput)
}

/// Numbers of tokens.
public struct TokenInput: Sendable, Equatable {
    public let vocabularySize: Int
    public let typeVocabularySize: Int
    public let maximumLength: Int

    init(_ reader: ConfigurationReader) throws(ModelError) {
        vocabularySize = try reader.size("vocab_size")
        typeVocabularySize = try reader.size("type_vocab_size")
        maximumLength = try reader.size("max_position_embeddings")
        let positions = try reader.string("position_embedding_type", or: "absolute")
        guard positions == "absolute" else {
            throw ModelError(
                .unsupported, "config.json: position_embedding_type '\(positions.prefix(32))' is not computed here")
        }
    }
}

/// Readings of several channels, [channels, length], cut into patches.
public struct SeriesInput: Sendable, Equatable {
    public let channels: Int
    public let length: Int
    public let patchLength: Int
    public let channelNames: [String]
    /// Of each channel in the training data: readings are standardised with them.
    public let mean: [Float]
    public let deviation: [Float]

    public var patches: Int { length / patchLength }
    /// Numbers of one patch: `patchLength` of the first channel, then of the next.
    public var patchSize: Int { channels * patchLength }

    init(_ reader: ConfigurationReader) throws(ModelError) {
        channels = try reader.int("num_channels", in: 1...4096)
        length = try reader.int("input_length", in: 1...1 << 20)
        patchLength = try reader.int("patch_length", in: 1...length)
        channelNames = try reader.strings("channel_names", count: channels) ?? (0..<channels).map { "channel \($0)" }
        mean = try reader.numbers("channel_mean", count: channels).map { Float($0) }
        deviation = try reader.numbers("channel_std", count: channels).map { Float($0) }
        guard length.isMultiple(of: patchLength) else {
            throw ModelError(
                .malformed, "config.json: input_length \(length) is no multiple of patch_length \(patchLength)")
        }
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw ModelError(.malformed, "config.json: channel_std must be positive")
        }
    }
}
