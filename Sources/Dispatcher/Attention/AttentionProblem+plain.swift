extension AttentionProblem {
    /// Plain dot-product attention of one batch row: as many heads of keys and values as of queries, values as large as keys,
    /// every query sees every key.
    public init(heads: Int, queries: Int, keys: Int, headSize: Int) {
        self.init(
            batch: 1, queryHeads: heads, kvHeads: heads, queryLength: queries, keyLength: keys, headSize: headSize,
            valueHeadSize: headSize, scale: 1 / Float(headSize).squareRoot(), isCausal: false)
    }
}
