public import Codecs

/// One attempt at a shard of a model's computation, from a dispatcher to a worker.
///
/// Metadata: those of `TaskHeader`, with one of `ModelOperator` as `op`; `model`, the digest of the model's archive, which
/// the worker fetches if it lacks it; for `EncoderLayer` also `layer`, from 0, and `rows`, `FIRST-END`. Tensors, rows
/// without padding, those of all sequences one after the other:
///
/// - `sequence_lengths` I32 [sequences]
/// - for `Infer` of text `input_ids` I32 [rows] and, if not all 0, `token_type_ids` I32 [rows]; of readings `x` F32
///   [sequences, channels, length], and no lengths
/// - for `EncoderLayer` `hidden_state` F32 [rows, hidden size]
/// - `attention_mask` BOOL [rows], if not all true
///
/// As for every task, one with a field or tensor that is not known here is refused.
public struct ModelTask: Sendable {
    public let header: TaskHeader
    public let op: ModelOperator
    public let model: BlobDigest
    /// Of `EncoderLayer`.
    public let layer: Int
    /// Of `EncoderLayer`: the rows wanted.
    public let rows: Range<Int>
    public let tensors: Safetensors

    /// - Throws: `MessageError`: `.malformed`, `.version`, `.unsupported`.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        tensors = try Safetensors(message: payload)
        header = try TaskHeader(tensors)
        try ProtocolVersion.check(tensors.metadata["protocol"])
        guard let op = ModelOperator(rawValue: header.op) else {
            throw MessageError(.unsupported, "op '\(header.op.prefix(32))' is not computed here")
        }
        self.op = op
        let fields = MessageFields(fields: tensors.metadata)
        for name in tensors.metadata.keys
        where !TaskHeader.fieldNames.contains(name) && !Self.fieldNames.contains(name) {
            throw MessageError(.unsupported, "field '\(name.prefix(32))' is not known here")
        }
        for tensor in tensors.tensors where !Self.tensorNames.contains(tensor.name) {
            throw MessageError(.unsupported, "tensor '\(tensor.name.prefix(32))' is not known to \(op.rawValue) here")
        }
        model = try fields.parse("model", as: "a digest") { BlobDigest($0) }
        layer = op == .infer ? 0 : try fields.int("layer")
        rows = op == .infer ? 0..<0 : try fields.parse("rows", as: "FIRST-END", Self.range)
    }

    /// Lays a task out as a payload; the sources write straight into it.
    public static func encode(
        _ header: TaskHeader, model: BlobDigest, layer: Int? = nil, rows: Range<Int>? = nil, tensors: [TensorSource]
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = header.metadata
        metadata["model"] = model.description
        metadata["layer"] = layer.map { String($0) }
        metadata["rows"] = rows.map { "\($0.lowerBound)-\($0.upperBound)" }
        return try Safetensors.encode(metadata: metadata, tensors: tensors)
    }

    private static let fieldNames: Set<String> = ["model", "layer", "rows"]
    private static let tensorNames: Set<String> = [
        "sequence_lengths", "input_ids", "token_type_ids", "x", "hidden_state", "attention_mask",
    ]

    private static func range(_ text: String) -> Range<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard ends.count == 2, ends[0] >= 0, ends[0] < ends[1] else { return nil }
        return ends[0]..<ends[1]
    }
}
