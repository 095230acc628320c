/// One ONNX `Attention` problem: its sizes and attributes, validated, without the tensors' bytes.
///
///     Y[b, h, i, :] = Σ_j softmax_j(scale · Q[b, h, i, :] · K[b, h / group, j, :] + bias[b, h, i, j]) · V[b, h / group, j, :]
///
/// The bias is −∞ where a boolean mask is false, where the key lies past `validKeys[b]`, and where causality forbids:
/// query i sees key j iff j ≤ i + `causalOffset(batch:)`. Source: ONNX operator `Attention`, opset 25.
public struct AttentionProblem: Sendable, Equatable {
    public var batch: Int
    public var queryHeads: Int
    /// Divides `queryHeads`; each key/value head serves `group` query heads in a row.
    public var kvHeads: Int
    public var queryLength: Int
    public var keyLength: Int
    public var headSize: Int
    public var valueHeadSize: Int
    /// What a score is multiplied with before softmax.
    public var scale: Float
    public var isCausal: Bool
    /// `nonpad_kv_seqlen`: per batch row how many keys are real; nil: all.
    public var validKeys: [Int]?
    public var mask: MaskLayout?

    /// Query heads per key/value head.
    public var group: Int { queryHeads / kvHeads }

    /// How many keys, from the first, any of these queries may see: what padding, causality and a short mask leave.
    public func visibleKeys(batch: Int, queries: Range<Int>) -> Int {
        var visible = validKeys?[batch] ?? keyLength
        if let mask { visible = min(visible, mask.keys) }
        if let offset = causalOffset(batch: batch) { visible = min(visible, queries.upperBound + offset) }
        return max(visible, 0)
    }

    /// Query i sees key j iff j ≤ i + offset; nil when not causal.
    public func causalOffset(batch: Int) -> Int? {
        guard isCausal else { return nil }
        return validKeys.map { $0[batch] - queryLength } ?? 0
    }

    /// Bytes of the output in float32; bounded when a request is read.
    public var outputBytes: Int { 4 * batch * queryHeads * queryLength * valueHeadSize }

    /// Multiplications and additions of the two products, masked or not.
    public var flops: Double {
        2 * Double(batch) * Double(queryHeads) * Double(queryLength) * Double(keyLength)
            * Double(headSize + valueHeadSize)
    }
}

/// How a mask of rank 1 to 4 lies over `[batch, query heads, queries, keys]`: right-aligned, sizes of 1 repeat.
public struct MaskLayout: Sendable, Equatable {
    public enum Kind: Sendable {
        /// One byte an element; nonzero: attend.
        case boolean
        /// Added to the score; of the request's type for Q.
        case float
    }

    public var kind: Kind
    /// Sizes of the mask, with leading ones to rank 4. The last may be less than the keys: the rest is masked.
    public var sizes: [Int]

    /// The number of keys that the mask speaks of.
    public var keys: Int { sizes[3] }

    /// Where a row of the mask begins, in elements; sizes of 1 repeat.
    func rowStart(batch: Int, head: Int, query: Int) -> Int {
        let batch = sizes[0] == 1 ? 0 : batch
        let head = sizes[1] == 1 ? 0 : head
        let query = sizes[2] == 1 ? 0 : query
        return ((batch * sizes[1] + head) * sizes[2] + query) * sizes[3]
    }
}
