internal import CAttnKernels

/// The layers of a model in the variant for an instruction set.
///
/// Computes without allocation, on the calling thread. Safe to use from any number of threads, each with its own
/// workspace. Same operands, same variant: same bits, however the rows are divided among calls.
public struct LayerKernel: Sendable {
    public let variant: KernelVariant

    /// Traps if this CPU lacks the variant's instructions.
    public init(_ variant: KernelVariant) {
        precondition(variant.isAvailable, "this CPU lacks the instructions of the \(variant.rawValue) kernels")
        self.variant = variant
    }

    /// y = activation(x W^T + b) + residual.
    ///
    /// float32 accumulation; with int8 weights each row of x is rounded to 255 levels of its own largest magnitude, its
    /// products with the weights' integers are summed exactly, and a row that has an element that is not finite gives NaN;
    /// rows of x and of W without an element of at least 3.7e-37 count as zeros. No rows: nothing is written.
    ///
    /// - Parameters:
    ///   - x: [rows][inputs].
    ///   - y: [rows][outputs]; may be the residual, and overlaps nothing else.
    ///   - residual: [rows][outputs], or nil for zeros.
    public func linear(
        _ x: UnsafePointer<Float>, rows: Int, _ weights: LinearWeights, _ activation: Activation,
        into y: UnsafeMutablePointer<Float>, residual: UnsafePointer<Float>? = nil, workspace: LayerWorkspace
    ) {
        guard rows > 0, let panels = weights.panels.weights.baseAddress, let bias = weights.bias.baseAddress else {
            return
        }
        let layer = LinearRows(
            x: x, rows: rows, inputs: weights.inputs, outputs: weights.outputs, panels: panels,
            format: weights.format.kernelFormat, scales: weights.panels.scales.baseAddress,
            activation: activation.kernelActivation, bias: bias, residual: residual, y: y)
        variant.linear(layer, workspace)
    }

    /// x = (x - mean) / sqrt(variance + epsilon) gain + bias in place, over each row, as `torch.nn.LayerNorm`.
    ///
    /// The variance is that of the whole row, sum (x - mean)^2 / width; both are float32 sums.
    ///
    /// - Parameters:
    ///   - x: [rows][width].
    ///   - width: At least 1.
    ///   - gain, bias: [width].
    public func layerNorm(
        _ x: UnsafeMutablePointer<Float>, rows: Int, width: Int, gain: UnsafePointer<Float>,
        bias: UnsafePointer<Float>, epsilon: Float
    ) {
        precondition(width > 0, "layer normalisation over \(width) elements")
        variant.layerNorm(x, rows: max(rows, 0), width: width, gain: gain, bias: bias, epsilon: epsilon)
    }
}
