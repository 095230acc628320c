internal import AttnKernels

/// Softmax probabilities from scores: mode 3 of ONNX's `qk_matmul_output`, once the whole row's log-sum-exp is known.
public enum SoftmaxProbabilities {
    /// p = exp(score - lse) in place: biased scores [rows, keys], lse [rows], for as many rows as the lse has.
    ///
    /// Computed in float64, rounded once. A row of lse = -inf saw nothing: it becomes zeros. NaN stays NaN. Throws
    /// `ShapeError`, with nothing changed, if the sizes disagree.
    public static func normalize(
        _ scores: UnsafeMutableBufferPointer<Float>, lse: UnsafeBufferPointer<Float>, keys: Int
    ) throws(ShapeError) {
        guard keys >= 0 else { throw .dimension(name: "keys", value: keys, atLeast: 0) }
        try requireCount("the scores", scores.count, try BlockShape.elements("the scores", 1, lse.count, keys))
        guard let scoreStart = scores.baseAddress, let lseStart = lse.baseAddress else { return }
        normalizeScores(scoreStart, lse: lseStart, rows: lse.count, keys: keys)
    }
}
