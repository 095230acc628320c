/// How a model's computation is shared out; raw values are the wire's `strategy`.
enum InferenceStrategy: String, Sendable, CaseIterable {
    /// Each worker computes the whole model for some of the sequences.
    case replicate
    /// Each worker computes some rows of every layer; the rows are exchanged after each.
    case positions
    /// The dispatcher chooses: `replicate`.
    case auto

    static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
