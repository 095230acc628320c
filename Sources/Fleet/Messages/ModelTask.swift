public import Codecs

/// One attempt at a shard of a model's computation, from a dispatcher to a worker.
///
/// Metadata: those of `TaskHeader`, with one of `ModelOperator` as `op`; `model`, the digest of the model's archive, which
/// the worker fetches if it lacks it: of a slice of the model for `EncoderAttention` and `EncoderFeedForward`; for the
/// `Encoder` ones `layer`, from 0; for `EncoderLayer` `rows`, `FIRST-END`. Tensors, rows without padding, those of all sequences
/// one after the other:
///
/// - `sequence_lengths` I32 [sequences]
/// - for `Infer` of text `input_ids` I32 [rows] and, if not all 0, `token_type_ids` I32 [rows]; of readings `x` F32
///   [sequences, channels, length], and no lengths
/// - for the `Encoder` ones `hidden_state` F32 [rows, hidden size]
/// - `attention_mask` BOOL [rows], if not all true
///
/// `MultiHeadAttention` has no `layer`, and the tensors of `torch.nn.MultiheadAttention`, batch first: `query` F32
/// [batch, queries, E]; `key` F32 [batch, keys, kdim] and `value` F32 [batch, keys, vdim], each the one before it if absent;
/// `attn_mask` BOOL or F32 [queries, keys] or [batch * heads, queries, keys] and `key_padding_mask` BOOL [batch, keys], true
/// where not attended to.
///
/// As for every task, one with a field or tensor that is not known here is refused.
public struct ModelTask: Sendable {
    public let header: TaskHeader
    /// What is wanted of the model.
    public enum Piece: Sendable, Equatable {
        case whole
        /// One layer, for some rows.
        case layer(Int, rows: Range<Int>)
        /// A slice's summand of a layer's attention.
        case attention(layer: Int)
        /// A slice's summand of what follows it.
        case feedForward(layer: Int)
        /// A layer of multi-head attention, which is a model by itself.
        case multiHeadAttention
    }

    public let model: BlobDigest
    public let piece: Piece
    public let tensors: Safetensors

    /// - Throws: `MessageError`: `.malformed`, `.version`, `.unsupported`.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        tensors = try Safetensors(message: payload)
        header = try TaskHeader(tensors)
        try ProtocolVersion.check(tensors.metadata["protocol"])
        guard let op = ModelOperator(rawValue: header.op) else {
            throw MessageError(.unsupported, "op '\(header.op.prefix(32))' is not computed here")
        }
        let fields = MessageFields(fields: tensors.metadata)
        for name in tensors.metadata.keys
        where !TaskHeader.fieldNames.contains(name) && !Self.fieldNames.contains(name) {
            throw MessageError(.unsupported, "field '\(name.prefix(32))' is not known here")
        }
        for tensor in tensors.tensors where !Self.tensorNames.contains(tensor.name) {
            throw MessageError(.unsupported, "tensor '\(tensor.name.prefix(32))' is not known to \(op.rawValue) here")
        }
        model = try fields.parse("model", as: "a digest") { BlobDigest($0) }
        switch op {
        case .infer: piece = .whole
        case .encoderLayer:
            piece = .layer(
                try fields.int("layer"), rows: try fields.parse("rows", as: "FIRST-END", Range.init(text:)))
        case .encoderAttention: piece = .attention(layer: try fields.int("layer"))
        case .encoderFeedForward: piece = .feedForward(layer: try fields.int("layer"))
        case .multiHeadAttention: piece = .multiHeadAttention
        }
    }

    /// Lays a task out as a payload; the sources write straight into it.
    ///
    /// - Parameter header: whose `op` does not matter: it is the piece's.
    public static func encode(
        _ header: TaskHeader, model: BlobDigest, _ piece: Piece, tensors: [TensorSource]
    ) throws(SafetensorsError) -> [UInt8] {
        var header = header
        header.op = piece.op.rawValue
        var metadata = header.metadata
        metadata["model"] = model.description
        switch piece {
        case .whole, .multiHeadAttention: break
        case .layer(let layer, let rows):
            metadata["layer"] = String(layer)
            metadata["rows"] = rows.text
        case .attention(let layer), .feedForward(let layer): metadata["layer"] = String(layer)
        }
        return try Safetensors.encode(metadata: metadata, tensors: tensors)
    }

    private static let fieldNames: Set<String> = ["model", "layer", "rows"]
    private static let tensorNames: Set<String> = [
        "sequence_lengths", "input_ids", "token_type_ids", "x", "hidden_state", "attention_mask", "query", "key",
        "value",
        "attn_mask", "key_padding_mask",
    ]
}

extension ModelTask.Piece {
    fileprivate var op: ModelOperator {
        switch self {
        case .whole: .infer
        case .layer: .encoderLayer
        case .attention: .encoderAttention
        case .feedForward: .encoderFeedForward
        case .multiHeadAttention: .multiHeadAttention
        }
    }
}
