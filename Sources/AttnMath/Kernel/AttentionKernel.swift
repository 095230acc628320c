internal import CAttnKernels

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

    /// Computes the partial of a block for `heads` (nil: all): O = softmax(mask(cap(scale * Q K^T))) V and its
    /// log-sum-exp; with score weights the additive score in place of Q K^T.
    ///
    /// float32 in every accumulator, row sums in float64; O is normalised over the keys seen, lse is the natural log of
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
        let heads = try checked(heads, of: shape)
        try operands.validate(for: shape)
        try result.validate(for: shape)

        let keys = min(shape.keys, operands.mask?.keys ?? shape.keys)
        guard !heads.isEmpty, shape.queries > 0 else { return }
        guard keys > 0 else { return writeIdentity(shape, heads: heads, into: result) }
        guard let output = result.output.baseAddress, let lse = result.lse.baseAddress else { return }

        forEachGroup(of: heads, shape) { heads, kvHead in
            let group = HeadGroup(
                shape, attributes, operands, heads: heads, kvHead: kvHead, keys: keys, output: output, lse: lse)
            if let group { variant.attend(group, &workspace) }
        }
    }

    /// Computes the scores of a block for `heads` (nil: all) at a stage: [queryHeads, queries, keys], float32.
    ///
    /// At `.raw` and `.capped` of every key, whatever hides it; at `.biased` hidden keys are -inf, those past a shorter
    /// mask included. Computes them anew: attention itself keeps none. Only rows of `heads` are written. Throws
    /// `ShapeError`, with nothing written, if a buffer does not fit `shape`.
    public func scores(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, stage: ScoreStage,
        heads: Range<Int>? = nil, into scores: UnsafeMutableBufferPointer<Float>, workspace: inout Workspace
    ) throws(ShapeError) {
        let heads = try checked(heads, of: shape)
        try operands.validate(for: shape)
        let (count, overflow) = shape.rowCount.multipliedReportingOverflow(by: shape.keys)
        guard !overflow else { throw .tooLarge(tensor: "the scores") }
        try requireCount("the scores", scores.count, count)
        guard let start = scores.baseAddress, count > 0 else { return }

        var operands = operands
        let maskKeys = stage == .biased ? operands.mask?.keys ?? shape.keys : shape.keys
        if stage != .biased { operands.mask = nil }
        hideKeys(pastMask: maskKeys, shape, heads: heads, in: scores)
        guard maskKeys > 0 else { return }
        forEachGroup(of: heads, shape) { heads, kvHead in
            // Neither output is touched.
            let group = HeadGroup(
                shape, attributes, operands, heads: heads, kvHead: kvHead, keys: maskKeys, output: start, lse: start)
            let first = start + heads.lowerBound * shape.queries * shape.keys
            if let group { variant.score(group, stage, into: first, stride: shape.keys, &workspace) }
        }
    }

    private func checked(_ heads: Range<Int>?, of shape: BlockShape) throws(ShapeError) -> Range<Int> {
        let heads = heads ?? 0..<shape.queryHeads
        guard heads.lowerBound >= 0, heads.upperBound <= shape.queryHeads else {
            throw .headRange(heads: heads, queryHeads: shape.queryHeads)
        }
        return heads
    }

    /// Calls `body` for each run of `heads` that share a key/value head, with that head.
    private func forEachGroup(of heads: Range<Int>, _ shape: BlockShape, _ body: (Range<Int>, Int) -> Void) {
        var head = heads.lowerBound
        while head < heads.upperBound {
            let kvHead = head / shape.headsPerGroup
            let end = min(heads.upperBound, (kvHead + 1) * shape.headsPerGroup)
            body(head..<end, kvHead)
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

    private func hideKeys(
        pastMask maskKeys: Int, _ shape: BlockShape, heads: Range<Int>, in scores: UnsafeMutableBufferPointer<Float>
    ) {
        guard maskKeys < shape.keys else { return }
        for row in heads.lowerBound * shape.queries..<heads.upperBound * shape.queries {
            for key in maskKeys..<shape.keys { scores[row * shape.keys + key] = -.infinity }
        }
    }
}
