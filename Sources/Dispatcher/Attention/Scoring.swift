/// How the score of a query and a key is formed, before scale, softcap and mask.
public enum Scoring: Sendable, Equatable {
    /// q · k.
    case dotProduct
    /// w_score · tanh(W_query q + W_key k).
    case additive(AdditiveScoring)
}

/// The sizes of additive scoring's weights: matrices for all heads alike, or one for each.
public struct AdditiveScoring: Sendable, Equatable {
    /// What queries and keys are projected to.
    public var hiddenSize: Int
    /// The head size of the keys, which need not be that of the queries.
    public var keySize: Int
    /// 1 or the query heads.
    public var queryWeightHeads: Int
    /// 1 or the key/value heads.
    public var keyWeightHeads: Int
    /// 1 or the query heads.
    public var scoreWeightHeads: Int

    /// Bytes of the weights that this many heads need, in float32.
    func weightBytes(queryHeads: Int, kvHeads: Int, headSize: Int) -> Int {
        let query = min(queryWeightHeads, queryHeads) * headSize
        let key = min(keyWeightHeads, kvHeads) * keySize
        let score = min(scoreWeightHeads, queryHeads)
        return 4 * hiddenSize * (query + key + score)
    }
}

/// What the output `qk_matmul_output` holds; raw values are ONNX's `qk_matmul_output_mode`.
public enum ScoreOutput: Int, Sendable {
    /// Scaled only.
    case raw = 0
    /// After softcap.
    case capped = 1
    /// After softcap, mask, padding, causality and windows: −∞ where the query does not see the key.
    case biased = 2
    /// After softmax: 0 where the query does not see the key.
    case probabilities = 3

    /// Whether keys that no query sees have a value to be computed, too.
    var includesHiddenKeys: Bool { self == .raw || self == .capped }
}
