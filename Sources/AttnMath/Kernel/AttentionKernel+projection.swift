/// Linear projection, for the queries and keys of additive attention.
extension AttentionKernel {
    /// Y = X W^T: X [rowCount, inputSize] of `format`, W [outputSize, inputSize], Y [rowCount, outputSize].
    ///
    /// float32 accumulation in order of the input. X may lie at any alignment; it is float32, float16 or bfloat16.
    /// Throws `ShapeError`, with nothing written, if a buffer does not fit.
    public func project(
        _ rows: UnsafeRawBufferPointer, format: FloatFormat, rowCount: Int, inputSize: Int,
        weights: UnsafeBufferPointer<Float>, outputSize: Int, into output: UnsafeMutableBufferPointer<Float>,
        workspace: inout Workspace
    ) throws(ShapeError) {
        try BlockShape.require("rowCount", rowCount, atLeast: 1)
        try BlockShape.require("inputSize", inputSize, atLeast: 1)
        try BlockShape.require("outputSize", outputSize, atLeast: 1)
        guard format != .float64 else { throw .format(format) }
        let bytes = try BlockShape.elements("the rows", rowCount, inputSize, format.byteCount)
        try requireCount("the rows", rows.count / format.byteCount, bytes / format.byteCount)
        try requireCount("the rows' bytes", rows.count, bytes)
        try requireCount("the weights", weights.count, try BlockShape.elements("the weights", outputSize, inputSize, 1))
        try requireCount(
            "the projection", output.count, try BlockShape.elements("the projection", rowCount, outputSize, 1))
        guard let rowStart = rows.baseAddress, let weightStart = weights.baseAddress,
            let outputStart = output.baseAddress
        else { return }
        variant.project(
            rowStart, format, rowCount: rowCount, inputSize: inputSize, weights: weightStart, outputSize: outputSize,
            into: outputStart, &workspace)
    }
}
