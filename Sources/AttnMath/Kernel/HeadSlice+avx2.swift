#if arch(x86_64)
    internal import AttnKernelsAVX2

    extension HeadSlice {
        /// Enters the kernel compiled for AVX2 and FMA.
        func attendAVX2(_ workspace: inout Workspace) {
            let count = AttnKernelsAVX2.headGroupWorkspaceCount(
                rows: rows, keys: keys, headSize: shape.headSize, valueHeadSize: shape.valueHeadSize)
            guard let scratch = workspace.reserve(count).baseAddress else { return }
            AttnKernelsAVX2.attendHeadGroup(
                HeadGroup(
                    q: q, qStride: shape.headSize, k: k, kStride: shape.headSize, v: v, vStride: shape.valueHeadSize,
                    output: output, outputStride: shape.valueHeadSize, lse: lse, heads: heads.count,
                    queries: shape.queries, keys: keys, headSize: shape.headSize, valueHeadSize: shape.valueHeadSize,
                    scale: scale, causalOffset: causalOffset, mask: maskAVX2),
                workspace: scratch)
        }

        private var maskAVX2: HeadMask {
            guard let mask else { return .none }
            let start = heads.lowerBound * mask.headStride
            switch mask.elements {
            case .boolean(let elements):
                guard let first = elements.baseAddress else { return .none }
                return .boolean(first + start, headStride: mask.headStride, rowStride: mask.rowStride)
            case .additive(let elements):
                guard let first = elements.baseAddress else { return .none }
                return .additive(first + start, headStride: mask.headStride, rowStride: mask.rowStride)
            }
        }
    }
#endif
