// The one place that names each variant's modules: where a call enters the kernel compiled for it. A variant that the
// CPU cannot run is never entered: `AttentionKernel` cannot be made for it.

internal import AttnKernels
internal import CAttnKernels

#if arch(x86_64)
    internal import AttnKernelsAVX2
#endif

extension KernelVariant {
    func attend(_ group: HeadGroup, _ workspace: inout Workspace) {
        guard let scratch = workspace.reserve(workspaceCount(group)).baseAddress else { return }
        withUnsafePointer(to: group) { group in
            switch self {
            case .baseline: AttnKernels.attendHeadGroup(group, workspace: scratch)
            case .avx2:
                #if arch(x86_64)
                    AttnKernelsAVX2.attendHeadGroup(group, workspace: scratch)
                #endif
            }
        }
    }

    func score(
        _ group: HeadGroup, _ stage: ScoreStage, into scores: UnsafeMutablePointer<Float>, stride: Int,
        _ workspace: inout Workspace
    ) {
        guard let scratch = workspace.reserve(workspaceCount(group)).baseAddress else { return }
        let stage = stage.rawValue
        withUnsafePointer(to: group) { group in
            switch self {
            case .baseline:
                AttnKernels.scoreHeadGroup(group, stage: stage, into: scores, scoreStride: stride, workspace: scratch)
            case .avx2:
                #if arch(x86_64)
                    AttnKernelsAVX2.scoreHeadGroup(
                        group, stage: stage, into: scores, scoreStride: stride, workspace: scratch)
                #endif
            }
        }
    }

    func project(
        _ rows: UnsafeRawPointer, _ format: FloatFormat, rowCount: Int, inputSize: Int,
        weights: UnsafePointer<Float>, outputSize: Int, into output: UnsafeMutablePointer<Float>,
        _ workspace: inout Workspace
    ) {
        let format = Int(format.kernelFormat)
        switch self {
        case .baseline:
            let count = AttnKernels.projectionWorkspaceCount(inputSize: inputSize)
            guard let scratch = workspace.reserve(count).baseAddress else { return }
            AttnKernels.projectRows(
                rows, format: format, rowCount: rowCount, inputSize: inputSize, weights: weights,
                outputSize: outputSize, into: output, workspace: scratch)
        case .avx2:
            #if arch(x86_64)
                let count = AttnKernelsAVX2.projectionWorkspaceCount(inputSize: inputSize)
                guard let scratch = workspace.reserve(count).baseAddress else { return }
                AttnKernelsAVX2.projectRows(
                    rows, format: format, rowCount: rowCount, inputSize: inputSize, weights: weights,
                    outputSize: outputSize, into: output, workspace: scratch)
            #endif
        }
    }

    func linear(_ layer: LinearRows, _ workspace: LayerWorkspace) {
        withUnsafePointer(to: layer) { layer in
            let (rows, inputs, format) = (layer.pointee.rows, layer.pointee.inputs, Int(layer.pointee.format))
            switch self {
            case .baseline:
                let count = AttnKernels.linearWorkspaceCount(rows: rows, inputs: inputs, format: format)
                guard let scratch = workspace.reserve(count).baseAddress else { return }
                AttnKernels.linearRows(layer, workspace: scratch)
            case .avx2:
                #if arch(x86_64)
                    let count = AttnKernelsAVX2.linearWorkspaceCount(rows: rows, inputs: inputs, format: format)
                    guard let scratch = workspace.reserve(count).baseAddress else { return }
                    AttnKernelsAVX2.linearRows(layer, workspace: scratch)
                #endif
            }
        }
    }

    func layerNorm(
        _ x: UnsafeMutablePointer<Float>, rows: Int, width: Int, gain: UnsafePointer<Float>,
        bias: UnsafePointer<Float>, epsilon: Float
    ) {
        switch self {
        case .baseline:
            AttnKernels.normalizeRows(x, rows: rows, width: width, gain: gain, bias: bias, epsilon: epsilon)
        case .avx2:
            #if arch(x86_64)
                AttnKernelsAVX2.normalizeRows(x, rows: rows, width: width, gain: gain, bias: bias, epsilon: epsilon)
            #endif
        }
    }

    var multiplyAddChainElements: Int {
        switch self {
        case .baseline: AttnKernels.multiplyAddChainElements()
        case .avx2:
            #if arch(x86_64)
                AttnKernelsAVX2.multiplyAddChainElements()
            #else
                0
            #endif
        }
    }

    func multiplyAddChains(_ chains: UnsafeMutablePointer<Float>, factor: Float, addend: Float, rounds: Int) {
        switch self {
        case .baseline: AttnKernels.multiplyAddChains(chains, factor: factor, addend: addend, rounds: rounds)
        case .avx2:
            #if arch(x86_64)
                AttnKernelsAVX2.multiplyAddChains(chains, factor: factor, addend: addend, rounds: rounds)
            #endif
        }
    }

    func sumNumbers(_ numbers: UnsafePointer<Float>, count: Int, ahead: Int) -> Float {
        switch self {
        case .baseline: AttnKernels.sumNumbers(numbers, count: count, ahead: ahead)
        case .avx2:
            #if arch(x86_64)
                AttnKernelsAVX2.sumNumbers(numbers, count: count, ahead: ahead)
            #else
                0
            #endif
        }
    }

    private func workspaceCount(_ group: HeadGroup) -> Int {
        let rows = group.heads * group.queries
        return switch self {
        case .baseline:
            AttnKernels.headGroupWorkspaceCount(
                rows: rows, keys: group.keys, headSize: group.headSize, valueHeadSize: group.valueHeadSize)
        case .avx2:
            #if arch(x86_64)
                AttnKernelsAVX2.headGroupWorkspaceCount(
                    rows: rows, keys: group.keys, headSize: group.headSize, valueHeadSize: group.valueHeadSize)
            #else
                0
            #endif
        }
    }
}
