// How far a linear layer may be from the exact one. With u = 2^-24 and n inputs, a float32 sum of n products and a bias,
// in any order, fused or not, is within (n + 1) u of the sum of their magnitudes: the bound for every element. And over a
// whole product |fast - exact| <= 2 |naive - exact| + u of the largest magnitude, at the worst element of each.

import AttnMath
import Testing

let layerKernels = KernelVariant.available.map { LayerKernel($0) }

@Suite("A linear layer is activation(x W^T + b) + residual")
struct LinearTests {
    @Test("for every small number of rows, outputs and inputs, in every variant", arguments: 1...13)
    func everySmallShape(rows: Int) {
        for outputs in 1...33 {
            for inputs in 1...17 {
                let biased = (rows + inputs) % 2 == 0
                expectClose(LinearSample(rows: rows, outputs: outputs, inputs: inputs, biased: biased))
            }
        }
    }

    @Test(
        "for shapes around a slab and a block of rows",
        arguments: [
            (7, 17, 255), (6, 16, 256), (5, 15, 257), (13, 33, 513), (200, 3, 300), (100, 5, 1030), (1, 70, 770),
        ])
    func longRows(rows: Int, outputs: Int, inputs: Int) {
        expectClose(LinearSample(rows: rows, outputs: outputs, inputs: inputs))
    }

    @Test("no rows: nothing is written", arguments: WeightFormat.allCases)
    func noRows(format: WeightFormat) {
        let sample = LinearSample(rows: 1, outputs: 3, inputs: 2)
        for kernel in layerKernels {
            var y: [Float] = [7, 8, 9]
            kernel.linear(sample.x, rows: 0, sample.packed(format), .gelu, into: &y, workspace: LayerWorkspace())
            #expect(y == [7, 8, 9])
        }
    }

    @Test("the residual is added after the activation, and may be the output", arguments: Activation.allCases)
    func residual(activation: Activation) {
        for outputs in [16, 19, 32] {
            var sample = LinearSample(rows: 8, outputs: outputs, inputs: 5, residual: true)
            let residual = sample.residual ?? []
            for kernel in layerKernels {
                let together = sample.computed(kernel, sample.packed(), activation)
                sample.residual = nil
                let alone = sample.computed(kernel, sample.packed(), activation)
                sample.residual = residual
                #expect(together == zip(alone, residual).map { $0 + $1 })

                var inPlace = residual
                inPlace.withUnsafeMutableBufferPointer { y in
                    guard let start = y.baseAddress else { return }
                    kernel.linear(
                        sample.x, rows: 8, sample.packed(), activation, into: start, residual: start,
                        workspace: LayerWorkspace())
                }
                #expect(inPlace == together)
            }
        }
    }

    @Test("rows do not depend on how many are computed together", arguments: WeightFormat.allCases)
    func rowsAlone(format: WeightFormat) {
        let sample = LinearSample(rows: 13, outputs: 35, inputs: 300)
        let weights = sample.packed(format)
        let workspace = LayerWorkspace()
        for kernel in layerKernels {
            let whole = sample.computed(kernel, weights, .gelu)
            for first in 0..<13 {
                for count in 1...13 - first {
                    var y = [Float](repeating: .nan, count: count * 35)
                    sample.x.withUnsafeBufferPointer { x in
                        guard let start = x.baseAddress else { return }
                        kernel.linear(
                            start + first * 300, rows: count, weights, .gelu, into: &y, workspace: workspace)
                    }
                    #expect(y == Array(whole[first * 35..<(first + count) * 35]))
                }
            }
        }
    }

    private func expectClose(_ sample: LinearSample) {
        let (exact, magnitudes) = sample.exact()
        let naive = sample.naive()
        let weights = sample.packed()
        let u = 0x1p-24
        let naiveError = zip(naive, exact).map { (Double($0) - $1).magnitude }.max() ?? 0
        for kernel in layerKernels {
            let result = sample.computed(kernel, weights)
            var largestError = 0.0
            for (element, value) in result.enumerated() {
                let error = (Double(value) - exact[element]).magnitude
                if !(error <= Double(sample.inputs + 1) * u * magnitudes[element]) {
                    Issue.record("\(kernel.variant), \(sample.shape), \(element): \(value), exact \(exact[element])")
                }
                largestError = max(largestError, error)
            }
            let bound = 2 * naiveError + u * (magnitudes.max() ?? 0)
            if largestError > bound {
                Issue.record("\(kernel.variant), \(sample.shape): \(largestError), naive \(naiveError)")
            }
        }
    }
}

extension LinearSample {
    var shape: String { "\(rows)×\(inputs) to \(outputs)" }
}
