/// How a model's computation is shared out; raw values are the wire's `strategy`.
public enum InferenceStrategy: String, Sendable, CaseIterable {
    /// Each worker computes the whole model for some of the sequences.
    case replicate
    /// Each worker computes some rows of every layer; the rows are exchanged after each.
    case positions
    /// Each worker has a slice of the weights, and computes summands of every layer's two steps.
    case heads
    /// The dispatcher chooses: `replicate`.
    case auto

    public static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
