import AttnMath

extension ProblemPart {
    /// Computes the part into its rows of `result`, which is the whole block's.
    func compute(
        _ problem: KernelProblem, _ operands: ProblemOperands, by kernel: AttentionKernel, into result: BlockResult,
        _ workspace: inout Workspace
    ) throws(ShapeError) {
        let shape = problem.shape
        guard queries.count < shape.queries || keys.count < shape.keys else {
            let operands = BlockOperands(q: operands.q, k: operands.k, v: operands.v, format: problem.dtype.format)
            return try kernel.attend(
                shape, problem.attributes, operands, heads: heads, into: result, workspace: &workspace)
        }
        try kernel.attend(
            try self.shape(within: shape), attributes(problem.attributes), self.operands(operands, problem),
            into: rows(of: result, shape), workspace: &workspace)
    }

    private func shape(within shape: BlockShape) throws(ShapeError) -> BlockShape {
        try BlockShape(
            queryHeads: heads.count, kvHeads: 1, queries: queries.count, keys: keys.count, headSize: shape.headSize,
            valueHeadSize: shape.valueHeadSize)
    }

    /// With the window counted from the part's first query and key.
    private func attributes(_ attributes: BlockAttributes) -> BlockAttributes {
        var attributes = attributes
        let shift = queries.lowerBound - keys.lowerBound
        attributes.window.first = attributes.window.first.map { $0 + shift }
        attributes.window.last = attributes.window.last.map { $0 + shift }
        return attributes
    }

    /// Contiguous, since a part has one head's queries or all queries of its heads.
    private func operands(_ operands: ProblemOperands, _ problem: KernelProblem) -> BlockOperands {
        let (shape, bytes) = (problem.shape, problem.dtype.format.byteCount)
        let firstKey = heads.lowerBound / shape.headsPerGroup * shape.keys + keys.lowerBound
        return BlockOperands(
            q: slice(operands.q, firstRow(shape), rowCount, shape.headSize * bytes),
            k: slice(operands.k, firstKey, keys.count, shape.headSize * bytes),
            v: slice(operands.v, firstKey, keys.count, shape.valueHeadSize * bytes), format: problem.dtype.format)
    }

    private func slice(_ tensor: UnsafeRawBufferPointer, _ row: Int, _ rows: Int, _ rowBytes: Int)
        -> UnsafeRawBufferPointer
    {
        UnsafeRawBufferPointer(rebasing: tensor[row * rowBytes..<(row + rows) * rowBytes])
    }

    private func rows(of result: BlockResult, _ shape: BlockShape) -> BlockResult {
        let rows = firstRow(shape)..<firstRow(shape) + rowCount
        let elements = rows.lowerBound * shape.valueHeadSize..<rows.upperBound * shape.valueHeadSize
        return BlockResult(
            output: UnsafeMutableBufferPointer(rebasing: result.output[elements]),
            lse: UnsafeMutableBufferPointer(rebasing: result.lse[rows]))
    }

    private func firstRow(_ shape: BlockShape) -> Int { heads.lowerBound * shape.queries + queries.lowerBound }

    private var rowCount: Int { heads.count * queries.count }
}
