/// The fast attention kernel, in the variant for an instruction set.
///
/// Checks every size here, because the kernels behind it check nothing; after that it computes, without allocation,
/// on the calling thread. Safe to use from any number of threads, each with its own workspace.
public struct AttentionKernel: Sendable {
    public let variant: KernelVariant

    /// The best variant of this machine.
    public static var best: AttentionKernel {
        AttentionKernel(unchecked: .best)
    }

    /// Throws `KernelVariantError.unavailable` if this CPU lacks the variant's instructions.
    public init(_ variant: KernelVariant) throws(KernelVariantError) {
        guard variant.isAvailable else { throw .unavailable(variant) }
        self.init(unchecked: variant)
    }

    private init(unchecked variant: KernelVariant) {
        self.variant = variant
    }

    /// Computes the partial of a block for `heads` (nil: all): O = softmax(scale * Q K^T + mask) V and its log-sum-exp.
    ///
    /// float32 in, out and in every accumulator; O is normalised over the keys seen, lse is the natural log of
    /// the sum of exp(score) over them. A row that sees no key, or only scores of -inf, has O = 0 and lse = -inf. NaN
    /// in an operand may make the rows that touch it NaN, also through a weight of 0. Same operands, same variant:
    /// same bits.
    ///
    /// Only rows of `heads` are written. A caller that wants to stop early calls it head by head; heads that share a
    /// key/value head are faster in one call. Throws `ShapeError`, with nothing written, if a buffer does not fit
    /// `shape`.
    public func attend(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, heads: Range<Int>? = nil,
        into result: BlockResult, workspace: inout Workspace
    ) throws(ShapeError) {
        let heads = heads ?? 0..<shape.queryHeads
        guard heads.lowerBound >= 0, heads.upperBound <= shape.queryHeads else {
            throw .headRange(heads: heads, queryHeads: shape.queryHeads)
        }
        try operands.validate(for: shape)
        try result.validate(for: shape)

        let keys = min(shape.keys, operands.mask?.keys ?? shape.keys)
        guard !heads.isEmpty, shape.queries > 0 else { return }
        guard keys > 0 else { return writeIdentity(shape, heads: heads, into: result) }

        var head = heads.lowerBound
        while head < heads.upperBound {
            let kvHead = head / shape.headsPerGroup
            let end = min(heads.upperBound, (kvHead + 1) * shape.headsPerGroup)
            let slice = HeadSlice(
                shape, attributes, operands, result, heads: head..<end, kvHead: kvHead, keysInReach: keys)
            slice?.attend(variant, &workspace)
            head = end
        }
    }

    private func writeIdentity(_ shape: BlockShape, heads: Range<Int>, into result: BlockResult) {
        let rows = heads.lowerBound * shape.queries..<heads.upperBound * shape.queries
        for row in rows {
            result.lse[row] = -.infinity
        }
        for element in rows.lowerBound * shape.valueHeadSize..<rows.upperBound * shape.valueHeadSize {
            result.output[element] = 0
        }
    }
}
