import AttnMath

/// The outputs of a run and their log-sum-exps: one for each range of keys that is computed apart.
///
/// Allocated anew for each run and not cleared, as a worker's are and PyTorch's: the comparison includes it.
final class ProblemResults: @unchecked Sendable {
    // Sendable: threads write disjoint rows, and the results are read after all have ended.
    private let shape: BlockShape
    private let count: Int
    private let output: UnsafeMutableBufferPointer<Float>
    private let lse: UnsafeMutableBufferPointer<Float>

    init(_ shape: BlockShape, count: Int) {
        self.shape = shape
        self.count = count
        output = .allocate(capacity: count * shape.outputCount)
        lse = .allocate(capacity: count * shape.rowCount)
    }

    deinit {
        output.deallocate()
        lse.deallocate()
    }

    subscript(index: Int) -> BlockResult {
        let elements = index * shape.outputCount..<(index + 1) * shape.outputCount
        let rows = index * shape.rowCount..<(index + 1) * shape.rowCount
        return BlockResult(
            output: UnsafeMutableBufferPointer(rebasing: output[elements]),
            lse: UnsafeMutableBufferPointer(rebasing: lse[rows]))
    }

    /// Merges all into the first, in order.
    func merge() throws(ShapeError) {
        let first = self[0]
        for index in 1..<max(count, 1) {
            let part = self[index]
            try PartialMerge.merge(
                UnsafeBufferPointer(part.output), lse: UnsafeBufferPointer(part.lse), into: first.output,
                lse: first.lse, valueHeadSize: shape.valueHeadSize)
        }
    }
}
