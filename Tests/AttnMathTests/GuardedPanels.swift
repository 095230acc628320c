import AttnKernels
import AttnMath
import CAttnKernels

#if arch(x86_64)
    import AttnKernelsAVX2
#endif

/// What `LinearWeights` and `LayerWorkspace` keep to themselves, at guard pages and no larger than the kernels say they
/// need it: panels, scales, bias, workspace, and the row of integers in which weights are rounded.
struct GuardedPanels {
    private let panels = GuardedMemory<UInt8>(capacity: 1 << 20)
    private let scales = GuardedMemory<Float>(capacity: 1 << 10)
    private let bias = GuardedMemory<Float>(capacity: 1 << 10)
    private let floats = GuardedMemory<Float>(capacity: 1 << 15)
    private let integers = GuardedMemory<Int16>(capacity: 1 << 12)
    private let workspace = GuardedMemory<Float>(capacity: 1 << 18)

    /// Outputs in a panel.
    private static let width = 16

    /// x W^T + b of the sample's weights, packed and computed by the kernels themselves.
    func computed(
        _ sample: LinearSample, _ format: WeightFormat, by variant: KernelVariant, guarded side: GuardedSide
    ) -> [Float] {
        let panelCount = (sample.outputs + Self.width - 1) / Self.width
        let padding = [Float](repeating: 0, count: panelCount * Self.width - sample.outputs)
        let bias = bias.holding((sample.bias ?? []) + padding, guarded: side)
        let scales = scales.room(for: panelCount * Self.width, guarded: side)
        let panels = panels.room(for: panelCount * format.panelBytes(inputs: sample.inputs), guarded: side)
        pack(sample, format, into: panels, scales: scales, guarded: side)

        var result = [Float](repeating: .nan, count: sample.rows * sample.outputs)
        sample.x.withUnsafeBufferPointer { x in
            result.withUnsafeMutableBufferPointer { y in
                guard let x = x.baseAddress, let y = y.baseAddress, let panels = panels.baseAddress,
                    let bias = bias.baseAddress
                else { return }
                let layer = LinearRows(
                    x: x, rows: sample.rows, inputs: sample.inputs, outputs: sample.outputs, panels: panels,
                    format: format.ofKernels, scales: format == .int8 ? scales.baseAddress : nil,
                    activation: Int32(ActivationNone), bias: bias, residual: nil, y: y)
                compute(layer, by: variant, guarded: side)
            }
        }
        return result
    }

    private func pack(
        _ sample: LinearSample, _ format: WeightFormat, into panels: UnsafeMutableBufferPointer<UInt8>,
        scales: UnsafeMutableBufferPointer<Float>, guarded side: GuardedSide
    ) {
        let (inputs, count) = (sample.inputs, sample.inputs * Self.width)
        for first in stride(from: 0, to: sample.outputs, by: Self.width) {
            let outputs = min(Self.width, sample.outputs - first)
            let weight = Array(sample.weight[first * inputs..<(first + outputs) * inputs])
            guard let panels = panels.baseAddress, let scales = scales.baseAddress,
                let floats = floats.room(for: count, guarded: side).baseAddress,
                let integers = integers.room(for: (inputs + 1) / 2 * 2, guarded: side).baseAddress
            else { return }
            let panel = UnsafeMutableRawPointer(panels + first / Self.width * format.panelBytes(inputs: inputs))
            switch format {
            case .float32:
                packWeights(
                    weight, outputs: outputs, inputs: inputs, into: panel.bindMemory(to: Float.self, capacity: count))
            case .float16:
                packWeights(weight, outputs: outputs, inputs: inputs, into: floats)
                narrowToFloat16(floats, into: panel, count: count)
            case .int8:
                packQuantizedWeights(
                    weight, outputs: outputs, inputs: inputs, into: panel.bindMemory(to: Int8.self, capacity: count),
                    scales: scales + first, integers: integers)
            }
        }
    }

    private func compute(_ layer: LinearRows, by variant: KernelVariant, guarded side: GuardedSide) {
        let format = Int(layer.format)
        withUnsafePointer(to: layer) { layer in
            let (rows, inputs) = (layer.pointee.rows, layer.pointee.inputs)
            switch variant {
            case .baseline:
                let count = AttnKernels.linearWorkspaceCount(rows: rows, inputs: inputs, format: format)
                unwritten(count, guarded: side).map { AttnKernels.linearRows(layer, workspace: $0) }
            case .avx2:
                #if arch(x86_64)
                    let count = AttnKernelsAVX2.linearWorkspaceCount(rows: rows, inputs: inputs, format: format)
                    unwritten(count, guarded: side).map { AttnKernelsAVX2.linearRows(layer, workspace: $0) }
                #endif
            }
        }
    }

    /// A workspace of NaN. That it lies on a cache line is for speed, so it need not where it ends at a guard page.
    private func unwritten(_ count: Int, guarded side: GuardedSide) -> UnsafeMutablePointer<Float>? {
        let room = workspace.room(for: count, guarded: side)
        room.update(repeating: .nan)
        return room.baseAddress
    }
}

extension WeightFormat {
    fileprivate var ofKernels: Int32 {
        switch self {
        case .float32: Int32(WeightsFloat32)
        case .float16: Int32(WeightsFloat16)
        case .int8: Int32(WeightsInt8)
        }
    }

    /// [inputs][16] numbers, or [inputs / 2][16][2] integers.
    fileprivate func panelBytes(inputs: Int) -> Int {
        switch self {
        case .float32: inputs * 16 * 4
        case .float16: inputs * 16 * 2
        case .int8: (inputs + 1) / 2 * 16 * 2
        }
    }
}
