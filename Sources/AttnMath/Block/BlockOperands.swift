/// What a block reads: tensors in the layout of `BlockShape`, borrowed from the caller for the call.
public struct BlockOperands {
    /// [queryHeads, queries, headSize], at any alignment, as are K and V.
    public var q: UnsafeRawBufferPointer
    /// [kvHeads, keys, headSize].
    public var k: UnsafeRawBufferPointer
    /// [kvHeads, keys, valueHeadSize].
    public var v: UnsafeRawBufferPointer
    /// Of Q, K and V: float32, float16 or bfloat16, widened as they are read.
    public var format: FloatFormat
    public var mask: BlockMask?
    /// Nil: the score is scale * q k^T. Else w [queryHeads, headSize], and it is scale * sum over d of
    /// w_d tanh(q_d + k_d): additive attention of queries and keys that are projected already.
    public var scoreWeights: UnsafeBufferPointer<Float>?

    public init(
        q: UnsafeRawBufferPointer, k: UnsafeRawBufferPointer, v: UnsafeRawBufferPointer, format: FloatFormat,
        mask: BlockMask? = nil, scoreWeights: UnsafeBufferPointer<Float>? = nil
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.format = format
        self.mask = mask
        self.scoreWeights = scoreWeights
    }

    /// Float32 operands.
    public init(
        q: UnsafeBufferPointer<Float>, k: UnsafeBufferPointer<Float>, v: UnsafeBufferPointer<Float>,
        mask: BlockMask? = nil, scoreWeights: UnsafeBufferPointer<Float>? = nil
    ) {
        self.init(
            q: UnsafeRawBufferPointer(q), k: UnsafeRawBufferPointer(k), v: UnsafeRawBufferPointer(v),
            format: .float32, mask: mask, scoreWeights: scoreWeights)
    }

    /// Throws `ShapeError` unless every buffer holds exactly the elements of its shape, in a format a kernel reads.
    func validate(for shape: BlockShape) throws(ShapeError) {
        guard format != .float64 else { throw .format(format) }
        try requireBytes("Q", q.count, shape.queryCount)
        try requireBytes("K", k.count, shape.keyCount)
        try requireBytes("V", v.count, shape.valueCount)
        try mask?.validate(for: shape)
        if let scoreWeights {
            let expected = try BlockShape.elements("the score weights", shape.queryHeads, 1, shape.headSize)
            try requireCount("the score weights", scoreWeights.count, expected)
        }
    }

    private func requireBytes(_ buffer: String, _ actual: Int, _ elements: Int) throws(ShapeError) {
        let (expected, overflow) = elements.multipliedReportingOverflow(by: format.byteCount)
        guard !overflow else { throw .tooLarge(tensor: buffer) }
        guard actual == expected else {
            // Rounded away from what is expected, should bytes be left over.
            let roundedUp = (actual + format.byteCount - 1) / format.byteCount
            throw .count(
                buffer: buffer, expected: elements,
                actual: actual > expected ? roundedUp : actual / format.byteCount)
        }
    }
}
