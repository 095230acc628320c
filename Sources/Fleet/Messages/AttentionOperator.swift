/// The operators that there are jobs and tasks of; raw values are the wire's `op`.
public enum AttentionOperator: String, Sendable, CaseIterable {
    /// ONNX `Attention`, opset 25: a score is a scaled dot product.
    case attention = "Attention"
    /// Bahdanau's attention: score = w_score · tanh(W_query q + W_key k).
    case additiveAttention = "AdditiveAttention"

    /// For a message that refuses another one.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
