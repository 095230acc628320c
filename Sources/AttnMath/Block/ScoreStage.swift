/// What the scores of a block have been through: the modes 0 to 2 of ONNX's `qk_matmul_output`.
public enum ScoreStage: Int, Sendable, Hashable, CaseIterable {
    /// scale * q k^T, or its additive counterpart; of every key, hidden or not.
    case raw
    /// After the cap, if any; of every key.
    case capped
    /// After the masks: hidden keys are -inf.
    case biased
}
