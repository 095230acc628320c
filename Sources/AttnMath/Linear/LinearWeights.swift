internal import AttnKernels
internal import CAttnKernels

/// Weights and bias of a linear layer, packed once into the panels its kernel reads, for every variant alike.
///
/// W is [outputs][inputs], as `torch.nn.Linear` has it; a panel is 16 outputs, the last padded with zeros.
public final class LinearWeights: @unchecked Sendable {
    // Sendable: written in `init` alone.
    public let outputs: Int
    public let inputs: Int
    public let format: WeightFormat
    let panels: WeightPanels
    /// Padded to whole panels with zeros.
    let bias: UnsafeMutableBufferPointer<Float>

    /// Copies and packs; the caller's memory is not kept.
    ///
    /// - Parameters:
    ///   - outputs, inputs: At least 1; with int8 at most 131,072 inputs, so that no sum overflows.
    ///   - bias: [outputs], or nil for zeros.
    ///   - weight: [outputs][inputs], row-major.
    public init(
        outputs: Int, inputs: Int, format: WeightFormat, bias: UnsafePointer<Float>?, weight: UnsafePointer<Float>
    ) {
        precondition(outputs > 0 && inputs > 0, "a linear layer of \(outputs) outputs and \(inputs) inputs")
        precondition(format != .int8 || inputs <= 1 << 17, "an int8 layer of \(inputs) inputs: 131072 is the most")
        self.outputs = outputs
        self.inputs = inputs
        self.format = format
        panels = WeightPanels(weight, outputs: outputs, inputs: inputs, format: format)
        self.bias = .allocate(capacity: panels.count * WeightPanels.width)
        self.bias.initialize(repeating: 0)
        if let bias { self.bias.baseAddress?.update(from: bias, count: outputs) }
    }

    deinit { bias.deallocate() }

    /// Bytes held: panels, scales and bias.
    public var byteCount: Int { panels.byteCount + bias.count * MemoryLayout<Float>.stride }
}

extension WeightFormat {
    /// As the kernels name it.
    var kernelFormat: Int32 {
        switch self {
        case .float32: Int32(WeightsFloat32)
        case .float16: Int32(WeightsFloat16)
        case .int8: Int32(WeightsInt8)
        }
    }
}
