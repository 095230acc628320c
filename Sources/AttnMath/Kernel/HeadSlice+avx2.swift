#if arch(x86_64)
    internal import AttnKernelsAVX2

    extension HeadSlice {
        /// Enters the kernel compiled for AVX2 and FMA.
        func attendAVX2(_ workspace: inout Workspace) {
            let count = AttnKernelsAVX2.headGroupWorkspaceCount(
                rows: rows, keys: keys, headSize: headSize, valueHeadSize: valueHeadSize)
            guard let scratch = workspace.reserve(count).baseAddress else { return }
            AttnKernelsAVX2.attendHeadGroup(
                q: q, qStride: headSize, k: k, kStride: headSize, v: v, vStride: valueHeadSize,
                booleanMask: booleanMask,
                additiveMask: additiveMask, maskHeadStride: maskHeadStride, maskRowStride: maskRowStride,
                output: output,
                outputStride: valueHeadSize, lse: lse, heads: heads, queries: queries, keys: keys, headSize: headSize,
                valueHeadSize: valueHeadSize, scale: scale, causalOffset: causalOffset, workspace: scratch)
        }
    }
#endif
