/// Where a block's partial goes: the whole block's, of which a call writes the rows of its heads.
public struct BlockResult {
    /// [queryHeads, queries, valueHeadSize].
    public var output: UnsafeMutableBufferPointer<Float>
    /// [queryHeads, queries].
    public var lse: UnsafeMutableBufferPointer<Float>

    public init(output: UnsafeMutableBufferPointer<Float>, lse: UnsafeMutableBufferPointer<Float>) {
        self.output = output
        self.lse = lse
    }

    /// Throws `ShapeError` unless both buffers hold exactly the elements of the shape.
    func validate(for shape: BlockShape) throws(ShapeError) {
        try requireCount("the output", output.count, shape.outputCount)
        try requireCount("the log-sum-exp", lse.count, shape.rowCount)
    }
}
