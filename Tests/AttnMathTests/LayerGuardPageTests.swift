import AttnMath
import Testing

@Suite("The layers touch nothing before or after any operand")
struct LayerGuardPageTests {
    @Test("in a linear layer and the packing of its weights", arguments: KernelVariant.available, WeightFormat.allCases)
    func linear(variant: KernelVariant, format: WeightFormat) {
        let kernel = LayerKernel(variant)
        let memory = GuardedLayer()
        let workspace = LayerWorkspace()
        for (place, sample) in samples.enumerated() {
            // With and without bias and residual, which alternate in each six.
            let activation = Activation.allCases[place / 6 % Activation.allCases.count]
            let expected = sample.computed(kernel, sample.packed(format), activation)
            for side in GuardedSide.allCases {
                guard let weights = memory.packed(sample, format, guarded: side) else { continue }
                let result = memory.computed(
                    sample, kernel, weights, activation, guarded: side, workspace: workspace)
                if result != expected { Issue.record("\(sample.shape) differs, guarded at its \(side)") }
            }
        }
    }

    @Test("in panels, scales and the workspace", arguments: KernelVariant.available, WeightFormat.allCases)
    func panels(variant: KernelVariant, format: WeightFormat) {
        let kernel = LayerKernel(variant)
        let memory = GuardedPanels()
        for var sample in samples {
            sample.residual = nil
            sample.bias = sample.bias ?? [Float](repeating: 0, count: sample.outputs)
            let expected = sample.computed(kernel, sample.packed(format))
            for side in GuardedSide.allCases
            where memory.computed(sample, format, by: variant, guarded: side) != expected {
                Issue.record("\(sample.shape) differs, guarded at its \(side)")
            }
        }
    }

    @Test("in layers of no rows, whose operands need be no memory at all", arguments: WeightFormat.allCases)
    func noRows(format: WeightFormat) throws {
        let weights = LinearSample(rows: 1, outputs: 17, inputs: 5).packed(format)
        // Of no elements that end at the guard page: its own address.
        let memory = GuardedMemory<Float>(capacity: 1)
        let nothing = try #require(memory.room(for: 0, guarded: .end).baseAddress)
        for kernel in layerKernels {
            kernel.linear(
                nothing, rows: 0, weights, .gelu, into: nothing, residual: nothing, workspace: LayerWorkspace())
            kernel.layerNorm(nothing, rows: 0, width: 3, gain: nothing, bias: nothing, epsilon: 1e-5)
        }
    }

    @Test("in layer normalisation, in place", arguments: KernelVariant.available)
    func layerNorm(variant: KernelVariant) throws {
        let kernel = LayerKernel(variant)
        let memory = (0..<3).map { _ in GuardedMemory<Float>(capacity: 1 << 12) }
        for width in Array(1...70) + [127, 128, 129, 385] {
            for rows in [1, 2, 3, 7] {
                var generator = SeededGenerator(seed: UInt64(width))
                let (x, gain) = (generator.floats(rows * width), generator.floats(width))
                let bias = generator.floats(width)
                var expected = x
                kernel.layerNorm(&expected, rows: rows, width: width, gain: gain, bias: bias, epsilon: 1e-5)
                for side in GuardedSide.allCases {
                    let y = memory[0].room(for: x.count, guarded: side)
                    _ = y.update(fromContentsOf: x)
                    kernel.layerNorm(
                        try #require(y.baseAddress), rows: rows, width: width,
                        gain: try #require(memory[1].holding(gain, guarded: side).baseAddress),
                        bias: try #require(memory[2].holding(bias, guarded: side).baseAddress), epsilon: 1e-5)
                    if Array(y) != expected { Issue.record("\(rows)×\(width) differs, guarded at its \(side)") }
                }
            }
        }
    }

    /// Around the register tile, the panel, the vector and the pair, with and without bias and residual; and past a slab
    /// of inputs and a block of rows.
    private var samples: [LinearSample] {
        var shapes = [(7, 17, 257), (13, 15, 515), (193, 33, 3), (101, 5, 1030)]
        for rows in [1, 2, 3, 5, 6, 7, 15] {
            for outputs in [1, 2, 3, 7, 15, 16, 17, 63, 65] {
                for inputs in [1, 2, 3, 5, 7, 8, 15, 16, 17, 63, 65] { shapes.append((rows, outputs, inputs)) }
            }
        }
        return shapes.enumerated().map { place, shape in
            LinearSample(
                rows: shape.0, outputs: shape.1, inputs: shape.2, biased: place % 3 != 0, residual: place % 2 == 0)
        }
    }
}
