/// How a task's scores are formed from its queries and keys, and which of them are sent back.
///
/// A field is written only where it says something else than its default, so that a worker that does not know it yet
/// still takes every task that does without.
public struct TaskAttributes: Sendable, Equatable {
    /// What softmax is computed in; raw values are ONNX's numbers of the types.
    public enum SoftmaxPrecision: Int, Sendable {
        case float32 = 1
        case float64 = 11
    }

    /// Which scores are sent back; raw values are ONNX's `qk_matmul_output_mode`.
    public enum ScoreOutput: Int, Sendable {
        /// Scaled only.
        case raw = 0
        /// After softcap.
        case capped = 1
        /// After softcap, mask and window: −∞ where the query does not see the key.
        case biased = 2
    }

    /// What scores are multiplied with; finite.
    public var scale: Float
    /// 0: none; else score = softcap · tanh(score / softcap), before mask and window. Finite.
    public var softcap: Float
    /// Query i of the task sees key j of the task iff i + windowFirst ≤ j ≤ i + windowLast; nil: unbounded.
    public var windowFirst: Int?
    public var windowLast: Int?
    public var softmaxPrecision: SoftmaxPrecision
    /// nil: no scores are sent back.
    public var scoreOutput: ScoreOutput?

    public init(
        scale: Float, softcap: Float = 0, windowFirst: Int? = nil, windowLast: Int? = nil,
        softmaxPrecision: SoftmaxPrecision = .float32, scoreOutput: ScoreOutput? = nil
    ) {
        self.scale = scale
        self.softcap = softcap
        self.windowFirst = windowFirst
        self.windowLast = windowLast
        self.softmaxPrecision = softmaxPrecision
        self.scoreOutput = scoreOutput
    }

    init(_ fields: MessageFields) throws(MessageError) {
        scale = try fields.parse("scale", as: "a finite number") { Float($0).flatMap { $0.isFinite ? $0 : nil } }
        softcap =
            try fields.optional("softcap", as: "a finite number that is not negative") {
                Float($0).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
            } ?? 0
        windowFirst = try fields.optional("window_first", as: "an integer") { Int($0) }
        windowLast = try fields.optional("window_last", as: "an integer") { Int($0) }
        softmaxPrecision =
            try fields.optional("softmax_precision", as: "1 or 11") { Int($0).flatMap(SoftmaxPrecision.init) }
            ?? .float32
        scoreOutput = try fields.optional("qk_matmul_output", as: "0, 1 or 2") { Int($0).flatMap(ScoreOutput.init) }
    }

    static let fieldNames: Set<String> = [
        "scale", "softcap", "window_first", "window_last", "softmax_precision", "qk_matmul_output",
    ]

    var metadata: [String: String] {
        var metadata = ["scale": scale.description]
        metadata["softcap"] = softcap == 0 ? nil : softcap.description
        metadata["window_first"] = windowFirst.map(String.init)
        metadata["window_last"] = windowLast.map(String.init)
        metadata["softmax_precision"] = softmaxPrecision == .float32 ? nil : String(softmaxPrecision.rawValue)
        metadata["qk_matmul_output"] = scoreOutput.map { String($0.rawValue) }
        return metadata
    }
}
