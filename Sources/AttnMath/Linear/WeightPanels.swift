internal import AttnKernels

/// The weights of a linear layer as its kernel reads them, 16 outputs a panel: [inputs][16] numbers of float32 or
/// float16, or [inputs / 2][16][2] integers with a scale an output.
final class WeightPanels {
    /// Outputs in a panel.
    static let width = 16

    /// How many.
    let count: Int
    /// On a cache line.
    let weights: UnsafeMutableRawBufferPointer
    /// One an output, padded to whole panels; empty but for int8.
    let scales: UnsafeMutableBufferPointer<Float>

    init(_ weight: UnsafePointer<Float>, outputs: Int, inputs: Int, format: WeightFormat) {
        count = (outputs + Self.width - 1) / Self.width
        let panelBytes = format.byteCount(inputs: inputs) * Self.width
        weights = .allocate(byteCount: count * panelBytes, alignment: 64)
        scales = .allocate(capacity: format == .int8 ? count * Self.width : 0)
        scales.initialize(repeating: 0)
        guard let start = weights.baseAddress else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs * Self.width) { scratch in
            guard let scratch = scratch.baseAddress else { return }
            for panel in 0..<count {
                let first = panel * Self.width
                pack(
                    weight + first * inputs, outputs: min(Self.width, outputs - first), inputs: inputs, format,
                    into: start + panel * panelBytes, scales: scales.baseAddress.map { $0 + first }, scratch)
            }
        }
    }

    deinit {
        weights.deallocate()
        scales.deallocate()
    }

    var byteCount: Int { weights.count + scales.count * MemoryLayout<Float>.stride }

    /// - Parameter scratch: Room for a panel of float32.
    private func pack(
        _ weight: UnsafePointer<Float>, outputs: Int, inputs: Int, _ format: WeightFormat,
        into panel: UnsafeMutableRawPointer, scales: UnsafeMutablePointer<Float>?,
        _ scratch: UnsafeMutablePointer<Float>
    ) {
        let count = inputs * Self.width
        switch format {
        case .float32:
            packWeights(
                weight, outputs: outputs, inputs: inputs, into: panel.bindMemory(to: Float.self, capacity: count))
        case .float16:
            packWeights(weight, outputs: outputs, inputs: inputs, into: scratch)
            narrowToFloat16(scratch, into: panel, count: count)
        case .int8:
            guard let scales else { return }
            scratch.withMemoryRebound(to: Int16.self, capacity: 2 * count) { integers in
                packQuantizedWeights(
                    weight, outputs: outputs, inputs: inputs, into: panel.bindMemory(to: Int8.self, capacity: count),
                    scales: scales, integers: integers)
            }
        }
    }
}

extension WeightFormat {
    /// Bytes of an output's weights; integers are kept in pairs.
    fileprivate func byteCount(inputs: Int) -> Int {
        switch self {
        case .float32: 4 * inputs
        case .float16: 2 * inputs
        case .int8: (inputs + 1) / 2 * 2
        }
    }
}
