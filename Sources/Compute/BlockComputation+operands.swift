import AttnMath
import Codecs
import Fleet
import Transformer

/// What the kernel reads: the task's Q, K and V in place, or, of additive scoring, Q and K projected to the hidden size.
extension BlockComputation {
    func withOperands<Result>(
        _ mask: BlockMask?, _ workspace: inout Workspace,
        _ body: (BlockOperands, inout Workspace) throws -> Result
    ) throws -> Result {
        if let weights = task.weights { return try withProjections(weights, mask, &workspace, body) }
        if task.q.type == .i8 { return try withNumbers(mask, &workspace, body) }
        let context = task.context
        return try task.tensors.withUnsafeBytes(of: task.q) { q in
            try context.tensors.withUnsafeBytes(of: context.k) { k in
                try context.tensors.withUnsafeBytes(of: context.v) { v in
                    try body(BlockOperands(q: q, k: k, v: v, format: format, mask: mask), &workspace)
                }
            }
        }
    }

    /// Of I8: float32 again.
    private func withNumbers<Result>(
        _ mask: BlockMask?, _ workspace: inout Workspace,
        _ body: (BlockOperands, inout Workspace) throws -> Result
    ) throws -> Result {
        let context = task.context
        let q = try numbers(task.q, task.qScale, task.tensors)
        let k = try numbers(context.k, context.kScale, context.tensors)
        let v = try numbers(context.v, context.vScale, context.tensors)
        return try q.withUnsafeBufferPointer { q in
            try k.withUnsafeBufferPointer { k in
                try v.withUnsafeBufferPointer { v in
                    try body(BlockOperands(q: q, k: k, v: v, mask: mask), &workspace)
                }
            }
        }
    }

    private func numbers(_ tensor: TensorInfo, _ scale: TensorInfo?, _ file: Safetensors) throws -> [Float] {
        let scales = try scale.map { try file.elements(of: $0, as: Float.self) } ?? []
        try stopIfCancelled()
        return try filled(tensor.elementCount) { numbers in
            try file.withElements(of: tensor, as: Int8.self) { integers in
                try scales.withUnsafeBufferPointer { scales in
                    try RowQuantization.dequantize(integers, scales: scales, size: tensor.shape[2], into: numbers)
                }
            }
        }
    }

    private func withProjections<Result>(
        _ weights: AdditiveWeights, _ mask: BlockMask?, _ workspace: inout Workspace,
        _ body: (BlockOperands, inout Workspace) throws -> Result
    ) throws -> Result {
        let q = try projected(task.q, of: task.tensors, by: weights.query, &workspace)
        let k = try projected(task.k, of: task.context.tensors, by: weights.key, &workspace)
        let v = try decodedValues()
        let w = try scoreWeights(weights)
        return try q.withUnsafeBufferPointer { q in
            try k.withUnsafeBufferPointer { k in
                try v.withUnsafeBufferPointer { v in
                    try w.withUnsafeBufferPointer { w in
                        try body(BlockOperands(q: q, k: k, v: v, mask: mask, scoreWeights: w), &workspace)
                    }
                }
            }
        }
    }

    /// [heads, rows, size] by [1 or heads, hidden size, size] to float32 [heads, rows, hidden size].
    private func projected(
        _ tensor: TensorInfo, of file: Safetensors, by weights: TensorInfo, _ workspace: inout Workspace
    ) throws -> [Float] {
        let (heads, rows, size) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
        let hiddenSize = weights.shape[1]
        let rowBytes = rows * size * tensor.type.byteWidth
        return try filled(heads * rows * hiddenSize) { projected in
            try file.withUnsafeBytes(of: tensor) { bytes in
                try task.tensors.withElements(of: weights, as: Float.self) { matrices in
                    for head in 0..<heads {
                        try stopIfCancelled()
                        let matrix = weights.shape[0] == 1 ? 0 : head
                        try kernel.project(
                            UnsafeRawBufferPointer(rebasing: bytes[head * rowBytes..<(head + 1) * rowBytes]),
                            format: format, rowCount: rows, inputSize: size,
                            weights: UnsafeBufferPointer(
                                rebasing: matrices[matrix * hiddenSize * size..<(matrix + 1) * hiddenSize * size]),
                            outputSize: hiddenSize,
                            into: UnsafeMutableBufferPointer(
                                rebasing: projected[head * rows * hiddenSize..<(head + 1) * rows * hiddenSize]),
                            workspace: &workspace)
                    }
                }
            }
        }
    }

    /// `w_score` for every query head, as the kernel wants it.
    private func scoreWeights(_ weights: AdditiveWeights) throws -> [Float] {
        let elements = try task.tensors.elements(of: weights.score, as: Float.self)
        guard weights.score.shape[0] == 1 else { return elements }
        return Array(repeatElement(elements, count: task.queryHeads).joined())
    }

    /// Beside projections, which are float32, V has to be float32 too.
    private func decodedValues() throws -> [Float] {
        try filled(task.v.elementCount) { numbers in
            try task.context.tensors.withUnsafeBytes(of: task.v) { bytes in try format.decode(bytes, into: numbers) }
        }
    }

    /// That of Q, K and V, which are of a float type in every task.
    private var format: FloatFormat { FloatFormat(task.q.type) ?? .float32 }
}
