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
    let panels: UnsafeMutableRawBufferPointer
    /// Padded to whole panels with zeros, as the outputs are.
    let bias: UnsafeMutableBufferPointer<Float>

    /// Copies and packs; the caller's memory is not kept.
    ///
    /// - Parameters:
    ///   - outputs, inputs: At least 1.
    ///   - bias: [outputs], or nil for zeros.
    ///   - weight: [outputs][inputs], row-major.
    public init(
        outputs: Int, inputs: Int, format: WeightFormat, bias: UnsafePointer<Float>?, weight: UnsafePointer<Float>
    ) {
        precondition(outputs > 0 && inputs > 0, "a linear layer of \(outputs) outputs and \(inputs) inputs")
        self.outputs = outputs
        self.inputs = inputs
        self.format = format
        let padded = (outputs + Self.panelWidth - 1) / Self.panelWidth * Self.panelWidth
        panels = .allocate(byteCount: padded * inputs * MemoryLayout<Float>.stride, alignment: 64)
        packWeights(weight, outputs: outputs, inputs: inputs, into: panels.bindMemory(to: Float.self).baseAddress!)
        self.bias = .allocate(capacity: padded)
        self.bias.initialize(repeating: 0)
        if let bias { self.bias.baseAddress!.update(from: bias, count: outputs) }
    }

    deinit {
        panels.deallocate()
        bias.deallocate()
    }

    /// Bytes held: panels and bias.
    public var byteCount: Int { panels.count + bias.count * MemoryLayout<Float>.stride }

    /// Outputs in a panel.
    static let panelWidth = 16

    var kernelFormat: Int32 {
        switch format {
        case .float32: Int32(WeightsFloat32)
        case .float16: Int32(WeightsFloat32)
        case .int8: Int32(WeightsFloat32)
        }
    }
}
