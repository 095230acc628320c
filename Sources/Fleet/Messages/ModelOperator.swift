/// What a worker computes of a model in one task; raw values are the wire's `op`.
public enum ModelOperator: String, Sendable, CaseIterable {
    /// The whole model: from inputs to one result a sequence.
    case infer = "Infer"
    /// One layer, for some rows of the batch.
    case encoderLayer = "EncoderLayer"
    /// A slice's summand of one layer's attention, for all rows.
    case encoderAttention = "EncoderAttention"
    /// A slice's summand of what the two linear layers behind it give, for all rows.
    case encoderFeedForward = "EncoderFeedForward"
    /// A layer of multi-head attention, for some queries of some of the batch.
    case multiHeadAttention = "MultiHeadAttention"

    /// For a message that refuses another one.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
