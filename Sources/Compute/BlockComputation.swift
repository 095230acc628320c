public import AttnMath
import Codecs
public import Fleet

/// Computes one task's block: reads Q, K, V in place where they are F32, and gives its partial.
public struct BlockComputation: Sendable {
    let task: TaskMessage
    let kernel: AttentionKernel
    let cancel: CancelFlag

    public init(_ task: TaskMessage, kernel: AttentionKernel, cancel: CancelFlag) {
        self.task = task
        self.kernel = kernel
        self.cancel = cancel
    }

    public enum Outcome: Sendable {
        case done(Partial)
        case cancelled
        case failed(reason: String)
    }

    /// Runs on a compute thread; looks for cancellation between groups of heads.
    public func run(_ workspace: inout Workspace) -> Outcome {
        do {
            let shape = try BlockShape(
                queryHeads: task.queryHeads, kvHeads: task.kvHeads, queries: task.queries, keys: task.keys,
                headSize: task.headSize, valueHeadSize: task.valueHeadSize)
            var lse: [Float] = []
            var isCancelled = false
            let output = try floats(task.q) { q in
                try floats(task.k) { k in
                    try floats(task.v) { v in
                        try withMask { mask in
                            let operands = BlockOperands(q: q, k: k, v: v, mask: mask)
                            let output = try uninitialized(shape.outputCount) { output in
                                lse = try uninitialized(shape.rowCount) { lse in
                                    isCancelled = try attend(
                                        shape, operands, BlockResult(output: output, lse: lse), &workspace)
                                }
                            }
                            return output
                        }
                    }
                }
            }
            return isCancelled ? .cancelled : .done(Partial(output: output, lse: lse))
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    /// - Returns: whether it was cancelled on the way.
    private func attend(
        _ shape: BlockShape, _ operands: BlockOperands, _ result: BlockResult, _ workspace: inout Workspace
    ) throws -> Bool {
        let attributes = BlockAttributes(scale: task.scale, window: KeyWindow(last: task.causalOffset))
        for kvHead in 0..<shape.kvHeads {
            if cancel.isSet { return true }
            let heads = kvHead * shape.headsPerGroup..<(kvHead + 1) * shape.headsPerGroup
            try kernel.attend(shape, attributes, operands, heads: heads, into: result, workspace: &workspace)
        }
        return false
    }

    /// Lends a tensor's elements as float32: in place, or converted.
    private func floats<Result>(
        _ tensor: TensorInfo, _ body: (UnsafeBufferPointer<Float>) throws -> Result
    ) throws -> Result {
        let format: FloatFormat
        switch tensor.type {
        case .f16: format = .float16
        case .bf16: format = .bfloat16
        default: return try task.tensors.withElements(of: tensor, as: Float.self, body)
        }
        let numbers = try uninitialized(tensor.elementCount) { numbers in
            try task.tensors.withUnsafeBytes(of: tensor) { bytes in try format.decode(bytes, into: numbers) }
        }
        return try numbers.withUnsafeBufferPointer(body)
    }

    private func withMask<Result>(_ body: (BlockMask?) throws -> Result) throws -> Result {
        guard let mask = task.mask else { return try body(nil) }
        let (heads, queries, keys) = (mask.shape[0], mask.shape[1], mask.shape[2])
        if mask.type == .bool {
            return try task.tensors.withElements(of: mask, as: UInt8.self) {
                try body(BlockMask(.boolean($0), heads: heads, queries: queries, keys: keys))
            }
        }
        return try task.tensors.withElements(of: mask, as: Float.self) {
            try body(BlockMask(.additive($0), heads: heads, queries: queries, keys: keys))
        }
    }
}

/// An array whose every element `fill` writes; zeroed first, should it stop early.
private func uninitialized(
    _ count: Int, _ fill: (UnsafeMutableBufferPointer<Float>) throws -> Void
) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        let numbers = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
        numbers.initialize(repeating: 0)
        initialized = count
        try fill(numbers)
    }
}
