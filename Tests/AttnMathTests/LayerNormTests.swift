// How far layer normalisation may be from the exact one. With u = 2^-24 and n elements of a row of largest magnitude m,
// standard deviation s (with epsilon) and exact normal z: the mean is a sum of n and a product, within (n + 1) u m; so is
// a difference from it, once more rounded. The variance of such differences is off by at most twice that error times s, and
// (n + 4) u relative, which its root halves.
//   |z error| <= (n + 2) u m / s + |z| ((n + 2) u m / s + (n + 10) u / 2 + 3 u)

import AttnMath
import Testing

@Suite("Layer normalisation gives rows of mean 0 and variance 1, then gain and bias")
struct LayerNormTests {
    @Test("for every width around vectors and four of them", arguments: 1...70)
    func everyWidth(width: Int) {
        for rows in [1, 3] { expectClose(sample(rows: rows, width: width, offset: 0)) }
    }

    @Test("for widths of models, and far from 0", arguments: [384, 768, 1030], [0, 3, -100] as [Float])
    func wide(width: Int, offset: Float) {
        expectClose(sample(rows: 5, width: width, offset: offset))
    }

    @Test("equal elements give the bias: epsilon keeps the quotient finite")
    func equalElements() {
        for kernel in layerKernels {
            var x: [Float] = [2, 2, 2, 2]
            kernel.layerNorm(&x, rows: 1, width: 4, gain: [1, 2, 3, 4], bias: [5, 6, 7, 8], epsilon: 1e-12)
            #expect(x == [5, 6, 7, 8])
        }
    }

    @Test("no rows: nothing is written")
    func noRows() {
        var x: [Float] = [1, 2]
        for kernel in layerKernels {
            kernel.layerNorm(&x, rows: 0, width: 2, gain: [1, 1], bias: [0, 0], epsilon: 1e-5)
        }
        #expect(x == [1, 2])
    }

    private struct Sample {
        var x: [Float]
        var gain: [Float]
        var bias: [Float]
    }

    private func sample(rows: Int, width: Int, offset: Float) -> Sample {
        var generator = SeededGenerator(seed: UInt64(width))
        return Sample(
            x: generator.floats(rows * width).map { $0 + offset }, gain: generator.floats(width),
            bias: generator.floats(width))
    }

    private func expectClose(_ sample: Sample) {
        let width = sample.gain.count
        let epsilon: Float = 1e-5
        let u = 0x1p-24
        let n = Double(width)
        for kernel in layerKernels {
            var y = sample.x
            kernel.layerNorm(
                &y, rows: y.count / width, width: width, gain: sample.gain, bias: sample.bias, epsilon: epsilon)
            for start in stride(from: 0, to: y.count, by: width) {
                let row = sample.x[start..<start + width].map(Double.init)
                let mean = row.reduce(0, +) / n
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
                let deviation = (variance + Double(epsilon)).squareRoot()
                let shift = (n + 2) * u * (row.map(\.magnitude).max() ?? 0) / deviation
                for i in 0..<width {
                    let z = (row[i] - mean) / deviation
                    let gain = Double(sample.gain[i])
                    let exact = z * gain + Double(sample.bias[i])
                    let error = shift + z.magnitude * (shift + (n + 10) * u / 2 + 3 * u)
                    let bound = gain.magnitude * error + 2 * u * (exact.magnitude + (z * gain).magnitude)
                    if !((Double(y[start + i]) - exact).magnitude <= bound) {
                        Issue.record("\(kernel.variant), width \(width): \(y[start + i]), exact \(exact)")
                    }
                }
            }
        }
    }
}
