internal import AttnKernels

extension HeadSlice {
    /// Enters the kernel compiled for every CPU of the architecture.
    func attendBaseline(_ workspace: inout Workspace) {
        let count = AttnKernels.headGroupWorkspaceCount(
            rows: rows, keys: keys, headSize: headSize, valueHeadSize: valueHeadSize)
        guard let scratch = workspace.reserve(count).baseAddress else { return }
        AttnKernels.attendHeadGroup(
            q: q, qStride: headSize, k: k, kStride: headSize, v: v, vStride: valueHeadSize, booleanMask: booleanMask,
            additiveMask: additiveMask, maskHeadStride: maskHeadStride, maskRowStride: maskRowStride, output: output,
            outputStride: valueHeadSize, lse: lse, heads: heads, queries: queries, keys: keys, headSize: headSize,
            valueHeadSize: valueHeadSize, scale: scale, causalOffset: causalOffset, workspace: scratch)
    }
}
