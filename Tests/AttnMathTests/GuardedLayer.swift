import AttnMath

/// Room at guard pages for every operand and result of a small linear layer.
struct GuardedLayer {
    private let x = GuardedMemory<Float>(capacity: 1 << 17)
    private let weight = GuardedMemory<Float>(capacity: 1 << 17)
    private let bias = GuardedMemory<Float>(capacity: 1 << 10)
    private let residual = GuardedMemory<Float>(capacity: 1 << 14)
    private let y = GuardedMemory<Float>(capacity: 1 << 14)

    /// The sample's weights, packed from guarded memory.
    func packed(_ sample: LinearSample, _ format: WeightFormat, guarded side: GuardedSide) -> LinearWeights? {
        guard let weight = weight.holding(sample.weight, guarded: side).baseAddress else { return nil }
        return LinearWeights(
            outputs: sample.outputs, inputs: sample.inputs, format: format,
            bias: sample.bias.flatMap { bias.holding($0, guarded: side).baseAddress }, weight: weight)
    }

    /// By the kernel, from guarded memory into guarded memory of NaN.
    func computed(
        _ sample: LinearSample, _ kernel: LayerKernel, _ weights: LinearWeights, _ activation: Activation,
        guarded side: GuardedSide, workspace: LayerWorkspace
    ) -> [Float] {
        let result = y.room(for: sample.rows * sample.outputs, guarded: side)
        result.update(repeating: .nan)
        guard let x = x.holding(sample.x, guarded: side).baseAddress, let y = result.baseAddress else { return [] }
        kernel.linear(
            x, rows: sample.rows, weights, activation, into: y,
            residual: sample.residual.flatMap { residual.holding($0, guarded: side).baseAddress },
            workspace: workspace)
        return Array(result)
    }
}
