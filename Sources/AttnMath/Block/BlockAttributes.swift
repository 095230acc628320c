/// How a block's scores are formed and what softmax makes of them; hidden keys are those the window or the mask hides.
public struct BlockAttributes: Sendable, Hashable {
    /// Factor on every score, before it is capped and before the mask is added.
    public var scale: Float
    /// 0, or c in score = c tanh(score / c), before the mask is added.
    public var softcap: Float
    public var window: KeyWindow
    public var softmaxPrecision: SoftmaxPrecision

    /// In what the exponentials and their sum are computed. The scores and the weights are float32 all the same.
    public enum SoftmaxPrecision: Sendable, Hashable {
        case float32, float64
    }

    public init(
        scale: Float, softcap: Float = 0, window: KeyWindow = .all, softmaxPrecision: SoftmaxPrecision = .float32
    ) {
        self.scale = scale
        self.softcap = softcap
        self.window = window
        self.softmaxPrecision = softmaxPrecision
    }
}
