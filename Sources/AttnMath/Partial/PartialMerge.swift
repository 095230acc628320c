internal import AttnKernels

/// Partials: attention over some of a row's keys, as O normalised over them and their log-sum-exp.
public enum PartialMerge {
    /// Makes an accumulator the identity of the merge: O = 0, lse = -inf.
    public static func setIdentity(output: UnsafeMutableBufferPointer<Float>, lse: UnsafeMutableBufferPointer<Float>) {
        output.update(repeating: 0)
        lse.update(repeating: -.infinity)
    }

    /// Merges a partial into an accumulator over other keys of the same rows: lse = log(exp lse_a + exp lse_b),
    /// O = exp(lse_a - lse) O_a + exp(lse_b - lse) O_b.
    ///
    /// O is [rows, valueHeadSize] and lse [rows], float32, contiguous; any leading axes fold into the rows. Weights
    /// are computed in double and rounded once. A partial row with lse = -inf changes nothing, bit by bit, and an
    /// accumulated one is replaced, so the identity is exact and fully masked rows stay zeros.
    ///
    /// Associative and commutative only up to rounding: merge in block order to get the same bits from the same plan.
    /// Not idempotent: drop duplicates before. Throws `ShapeError`, with nothing changed, if the buffers' sizes
    /// disagree.
    public static func merge(
        _ partial: UnsafeBufferPointer<Float>, lse partialLSE: UnsafeBufferPointer<Float>,
        into output: UnsafeMutableBufferPointer<Float>, lse: UnsafeMutableBufferPointer<Float>, valueHeadSize: Int
    ) throws(ShapeError) {
        guard valueHeadSize >= 1 else { throw .dimension(name: "valueHeadSize", value: valueHeadSize, atLeast: 1) }
        let elements = try BlockShape.elements("the partial", 1, lse.count, valueHeadSize)
        try requireCount("the accumulated output", output.count, elements)
        try requireCount("the partial output", partial.count, elements)
        try requireCount("the partial log-sum-exp", partialLSE.count, lse.count)
        guard let outputStart = output.baseAddress, let lseStart = lse.baseAddress,
            let partialStart = partial.baseAddress, let partialLSEStart = partialLSE.baseAddress
        else { return }
        mergePartialRows(
            output: outputStart, lse: lseStart, partial: partialStart, partialLSE: partialLSEStart, rows: lse.count,
            columns: valueHeadSize)
    }
}
