/// What a block reads: float32 tensors in the layout of `BlockShape`, borrowed from the caller for the call.
public struct BlockOperands {
    /// [queryHeads, queries, headSize].
    public var q: UnsafeBufferPointer<Float>
    /// [kvHeads, keys, headSize].
    public var k: UnsafeBufferPointer<Float>
    /// [kvHeads, keys, valueHeadSize].
    public var v: UnsafeBufferPointer<Float>
    public var mask: BlockMask?

    public init(
        q: UnsafeBufferPointer<Float>, k: UnsafeBufferPointer<Float>, v: UnsafeBufferPointer<Float>,
        mask: BlockMask? = nil
    ) {
        self.q = q
        self.k = k
        self.v = v
        self.mask = mask
    }

    /// Throws `ShapeError` unless every buffer holds exactly the elements of its shape.
    func validate(for shape: BlockShape) throws(ShapeError) {
        try requireCount("Q", q.count, shape.queryCount)
        try requireCount("K", k.count, shape.keyCount)
        try requireCount("V", v.count, shape.valueCount)
        try mask?.validate(for: shape)
    }
}
