import AttnMath
import Glibc

/// A linear layer with numbers, and what it is in float64 and the naive way.
struct LinearSample {
    let rows: Int
    let outputs: Int
    let inputs: Int
    var x: [Float]
    var weight: [Float]
    var bias: [Float]?
    var residual: [Float]?

    init(rows: Int, outputs: Int, inputs: Int, biased: Bool = true, residual: Bool = false, seed: UInt64 = 1) {
        var generator = SeededGenerator(seed: seed)
        self.rows = rows
        self.outputs = outputs
        self.inputs = inputs
        x = generator.floats(rows * inputs)
        weight = generator.floats(outputs * inputs)
        bias = biased ? generator.floats(outputs) : nil
        self.residual = residual ? generator.floats(rows * outputs) : nil
    }

    /// By the kernel, into memory of NaN.
    func computed(
        _ kernel: LayerKernel, _ weights: LinearWeights, _ activation: Activation = .none,
        workspace: LayerWorkspace = LayerWorkspace()
    ) -> [Float] {
        var y = [Float](repeating: .nan, count: rows * outputs)
        compute(kernel, weights, activation, into: &y, workspace: workspace)
        return y
    }

    func compute(
        _ kernel: LayerKernel, _ weights: LinearWeights, _ activation: Activation = .none, into y: inout [Float],
        workspace: LayerWorkspace
    ) {
        guard let residual else {
            return kernel.linear(x, rows: rows, weights, activation, into: &y, workspace: workspace)
        }
        kernel.linear(x, rows: rows, weights, activation, into: &y, residual: residual, workspace: workspace)
    }

    func packed(_ format: WeightFormat = .float32) -> LinearWeights {
        guard let bias else {
            return LinearWeights(outputs: outputs, inputs: inputs, format: format, bias: nil, weight: weight)
        }
        return LinearWeights(outputs: outputs, inputs: inputs, format: format, bias: bias, weight: weight)
    }

    /// x W^T + b in float64, and the sum of the magnitudes of its terms.
    func exact() -> (sums: [Double], magnitudes: [Double]) {
        var sums: [Double] = []
        var magnitudes: [Double] = []
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum = bias.map { Double($0[output]) } ?? 0
                var magnitude = sum.magnitude
                for input in 0..<inputs {
                    let term = Double(x[row * inputs + input]) * Double(weight[output * inputs + input])
                    sum += term
                    magnitude += term.magnitude
                }
                sums.append(sum)
                magnitudes.append(magnitude)
            }
        }
        return (sums, magnitudes)
    }

    /// x W^T + b in float32, one product after the other.
    func naive() -> [Float] {
        (0..<rows * outputs).map { element in
            let (row, output) = (element / outputs, element % outputs)
            var sum = bias.map { $0[output] } ?? 0
            for input in 0..<inputs { sum += x[row * inputs + input] * weight[output * inputs + input] }
            return sum
        }
    }
}
