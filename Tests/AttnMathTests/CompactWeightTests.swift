// How far layers of float16 and int8 weights may be from the exact layer.
//
// float16: weights rounded to 11 bits are within 2^-11 of themselves, or 2^-25 where they are subnormal; products and
// sums are float32, as with float32 weights.
//
// int8: with step s = max |x| / 127 of the row and t = max |w| / 127 of the output, each x is off by at most s / 2 and each
// w by t / 2, so each product by |x| t / 2 + |w| s / 2 + s t / 4; the sum of integers is exact, and what follows rounds
// four times. The steps themselves are rounded: 1.001 covers it.

import AttnMath
import Testing

@Suite("Compact weights cost no more accuracy than their rounding")
struct CompactWeightTests {
    @Test("float16 and int8, every small shape", arguments: [1, 2, 5, 6, 7, 13], [WeightFormat.float16, .int8])
    func everySmallShape(rows: Int, format: WeightFormat) {
        for outputs in [1, 7, 8, 9, 15, 16, 17, 33] {
            for inputs in 1...17 {
                expectClose(LinearSample(rows: rows, outputs: outputs, inputs: inputs), format)
            }
        }
    }

    @Test("float16 and int8, of long rows", arguments: [255, 770, 1537], [WeightFormat.float16, .int8])
    func longRows(inputs: Int, format: WeightFormat) {
        expectClose(LinearSample(rows: 8, outputs: 19, inputs: inputs), format)
    }

    @Test("they take a half and a quarter of the memory")
    func memory() {
        let sample = LinearSample(rows: 1, outputs: 64, inputs: 1000)
        #expect(sample.packed(.float32).byteCount == 64 * 4 * 1001)
        #expect(sample.packed(.float16).byteCount == 64 * (2 * 1000 + 4))
        #expect(sample.packed(.int8).byteCount == 64 * (1000 + 4 + 4))
    }

    @Test("int8: rows and outputs of zeros give the bias, what is not finite gives NaN in its row alone")
    func degenerateRows() {
        var sample = LinearSample(rows: 4, outputs: 3, inputs: 5)
        for input in 0..<5 {
            sample.x[input] = 0
            sample.weight[input] = 0
        }
        sample.x[2 * 5 + 1] = .infinity
        sample.x[3 * 5 + 4] = .nan
        for kernel in layerKernels {
            let y = sample.computed(kernel, sample.packed(.int8))
            #expect(Array(y[..<3]) == sample.bias)
            #expect(y[3] == sample.bias?[0])
            #expect(y[..<6].map(\.isNaN) == [Bool](repeating: false, count: 6))
            #expect(y[6...].map(\.isNaN) == [Bool](repeating: true, count: 6))
        }
    }

    @Test("int8: rows and outputs whose step has no finite reciprocal count as zeros, larger ones do not")
    func smallestRows() {
        let smallest = 127 / Float.greatestFiniteMagnitude
        for kernel in layerKernels {
            for (magnitude, isZero) in [(Float(1e-44), true), (1e-37, true), (smallest.nextUp, false)] {
                let small = [Float](repeating: magnitude, count: 9) + [0]
                let ones = [Float](repeating: 1, count: 10)
                for (x, weight) in [(small, ones), (ones, small)] {
                    let weights = LinearWeights(outputs: 1, inputs: 10, format: .int8, bias: nil, weight: weight)
                    var y: [Float] = [.nan]
                    kernel.linear(x, rows: 1, weights, .none, into: &y, workspace: LayerWorkspace())
                    #expect(isZero ? y[0] == 0 : (y[0] - 9 * magnitude).magnitude < 1e-5 * magnitude)
                }
            }
        }
    }

    private func expectClose(_ sample: LinearSample, _ format: WeightFormat) {
        let (exact, magnitudes) = sample.exact()
        let weights = sample.packed(format)
        let bounds = (0..<exact.count).map { element in
            sample.rounding(of: format, element)
                + Double(sample.inputs + 5) * 0x1p-24 * 1.1 * magnitudes[element]
        }
        for kernel in layerKernels {
            for (element, value) in sample.computed(kernel, weights).enumerated()
            where !((Double(value) - exact[element]).magnitude <= bounds[element]) {
                Issue.record("\(kernel.variant), \(format), \(sample.shape), \(element): \(value), \(exact[element])")
            }
        }
    }
}

extension LinearSample {
    /// How far an element may move because weights, and with int8 inputs, are rounded.
    fileprivate func rounding(of format: WeightFormat, _ element: Int) -> Double {
        let (row, output) = (element / outputs, element % outputs)
        let x = x[row * inputs..<(row + 1) * inputs].map { Double($0.magnitude) }
        let w = weight[output * inputs..<(output + 1) * inputs].map { Double($0.magnitude) }
        let (s, t) = ((x.max() ?? 0) / 127, (w.max() ?? 0) / 127)
        return zip(x, w).reduce(0) { sum, pair in
            let (x, w) = pair
            switch format {
            case .float32: return sum
            case .float16: return sum + x * max(w * 0x1p-11, 0x1p-25)
            case .int8: return sum + 1.001 * (x * t / 2 + w * s / 2 + s * t / 4)
            }
        }
    }
}
