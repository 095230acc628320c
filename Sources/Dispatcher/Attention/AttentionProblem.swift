public import AttnMath

/// One attention problem: its sizes and attributes, validated, without the tensors' bytes.
///
///     Y[b, h, i, :] = Σ_j softmax_j(cap(scale · score(Q[b, h, i, :], K[b, h / group, j, :])) + bias[b, h, i, j]) · V[b, h / group, j, :]
///
/// The score is q · k or additive; cap(x) is x, or softcap · tanh(x / softcap). The bias is the mask's, and −∞ where
/// the query does not see the key: `visibleKeys`. Sources: ONNX operator `Attention`, opset 25; for additive scores
/// Bahdanau, Cho and Bengio 2014.
public struct AttentionProblem: Sendable, Equatable {
    public var batch: Int
    public var queryHeads: Int
    /// Divides `queryHeads`; each key/value head serves `group` query heads in a row.
    public var kvHeads: Int
    public var queryLength: Int
    /// Past and new keys.
    public var keyLength: Int
    /// How many of the keys, the first, come from `past_key`.
    public var pastLength = 0
    /// Of the queries; of the keys too, unless scoring is additive.
    public var headSize: Int
    public var valueHeadSize: Int
    public var scoring = Scoring.dotProduct
    /// What a score is multiplied with before softcap and softmax.
    public var scale: Float
    /// 0: none.
    public var softcap: Float = 0
    public var isCausal: Bool
    /// How many keys before its own position a query sees; nil: all. At most queries + keys.
    public var leftWindow: Int?
    /// How many keys after its own position a query sees; nil: all. At most queries + keys.
    public var rightWindow: Int?
    public var softmaxPrecision = BlockAttributes.SoftmaxPrecision.float32
    /// `nonpad_kv_seqlen`: per batch row how many keys are real; nil: all.
    public var validKeys: [Int]?
    public var mask: MaskLayout?
    /// What `qk_matmul_output` holds; nil: it is not wanted.
    public var scoreOutput: ScoreOutput?
    /// Bytes of `present_key` and `present_value`, if wanted.
    public var presentBytes = 0

    /// Query heads per key/value head.
    public var group: Int { queryHeads / kvHeads }

    /// The head size of the keys.
    public var keySize: Int {
        switch scoring {
        case .dotProduct: headSize
        case .additive(let additive): additive.keySize
        }
    }

    /// Rows of `Y`: queries of all heads and batch rows.
    var rows: Int { batch * queryHeads * queryLength }

    /// Bytes of the outputs as they are assembled: `Y` and scores in float32. Bounded when a request is read.
    public var outputBytes: Int {
        4 * rows * (valueHeadSize + (scoreOutput == nil ? 0 : keyLength)) + presentBytes
    }
}
