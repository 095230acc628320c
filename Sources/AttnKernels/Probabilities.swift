// Scores to softmax probabilities, once the log-sum-exp of the whole row is known.
//
// In the baseline variant only: what bounds it is memory.

#if !HAS_FMA

    import CAttnKernels

    /// p = exp(score - lse) in place, for [rows][keys] with a log-sum-exp per row; computed in float64.
    ///
    /// A row of lse = -inf saw nothing and becomes zeros; NaN stays NaN.
    @inline(never)
    public func normalizeScores(
        _ scores: UnsafeMutablePointer<Float>, lse: UnsafePointer<Float>, rows: Int, keys: Int
    ) {
        for row in 0..<rows {
            let rowScores = scores + row * keys
            if lse[row] == -.infinity {
                rowScores.update(repeating: 0, count: keys)
                continue
            }
            let reference = Double(lse[row])
            for j in 0..<keys {
                rowScores[j] = Float(exponentialInDouble(Double(rowScores[j]) - reference))
            }
        }
    }

#endif
