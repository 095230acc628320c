// Activations, seen through a layer of one input whose weight is 1 and whose bias is 0: x goes in as it is.

import AttnMath
import Glibc
import Testing

@Suite("Activations are as exact as their documentation says")
struct ActivationTests {
    @Test("GELU: within 6 * 2^-24 |x| / 2 of erf, and the roundings of its last product")
    func gelu() {
        expect(.gelu) { x in
            let half = x / 2
            return (half * (1 + erf(x / 2.0.squareRoot())), 6 * 0x1p-24 * half.magnitude)
        }
    }

    @Test("GELU by tanh: within 3.6 * 2^-24 of the tangent, whose argument has 4 roundings")
    func geluTanh() {
        expect(.geluTanh) { x in
            let inner = 0.797_884_560_802_865_4 * (x + 0.044715 * x * x * x)
            let tangent = tanh(inner)
            // (1 - tanh^2) |inner|: how much an error relative to the argument counts.
            let slope = (1 - tangent * tangent) * inner.magnitude
            return (x / 2 * (1 + tangent), x.magnitude / 2 * 0x1p-24 * (5 * (slope.isNaN ? 0 : slope) + 3.6 + 1))
        }
    }

    @Test("SiLU: within the errors of the exponential, 3.1 * 2^-24, and three roundings")
    func silu() {
        expect(.silu) { x in
            let value = x / (1 + exp(-x))
            // Below -87.33 the exponential is taken to be 0.
            return (value, 7 * 0x1p-24 * value.magnitude + (x < -87 ? 1e-35 : 0))
        }
    }

    @Test("tanh: within 2 units in the last place")
    func hyperbolicTangent() {
        expect(.tanh) { (tanh($0), 2 * Double(Float(tanh($0)).ulp)) }
    }

    @Test("ReLU and none are exact")
    func exactOnes() {
        expect(.relu) { ($0 > 0 ? $0 : 0, 0) }
        expect(.none) { ($0, 0) }
    }

    @Test("NaN stays NaN, whatever the activation", arguments: Activation.allCases)
    func notANumber(activation: Activation) {
        for kernel in layerKernels {
            let results = applied(activation, to: [.nan, -.nan, 1], kernel)
            #expect(results.map(\.isNaN) == [true, true, false])
        }
    }

    @Test("far from 0 GELU and SiLU are x, or 0")
    func saturation() {
        for kernel in layerKernels {
            for activation in [Activation.gelu, .geluTanh, .silu] {
                #expect(applied(activation, to: [90, 1e20, 3e38], kernel) == [90, 1e20, 3e38])
                #expect(applied(activation, to: [-90, -1e20, -3e38], kernel) == [0, 0, 0])
            }
        }
    }

    /// - Parameter reference: The exact value, and how far the activation may be from it, half a unit in the last place of
    ///   the result aside.
    private func expect(_ activation: Activation, _ reference: (Double) -> (value: Double, error: Double)) {
        let arguments = positiveFloats.flatMap { [$0, -$0] }
        for kernel in layerKernels {
            for (x, result) in zip(arguments, applied(activation, to: arguments, kernel)) {
                let (value, error) = reference(Double(x))
                if !((Double(result) - value).magnitude <= error + Double(Float(value).ulp) / 2) {
                    Issue.record("\(kernel.variant): \(activation) of \(x) is \(value), not \(result)")
                }
            }
        }
    }

    private func applied(_ activation: Activation, to arguments: [Float], _ kernel: LayerKernel) -> [Float] {
        let identity = LinearWeights(outputs: 1, inputs: 1, format: .float32, bias: nil, weight: [1])
        var y = arguments
        kernel.linear(
            arguments, rows: arguments.count, identity, activation, into: &y, workspace: LayerWorkspace())
        return y
    }

    /// Some of every exponent up to 2^40, subnormal ones included, and many near 1.
    private var positiveFloats: [Float] {
        stride(from: UInt32(1), to: Float(0x1p40).bitPattern, by: 1_048_573 / 8).map { Float(bitPattern: $0) }
            + (1...20_000).map { Float($0) * 0x1p-10 }
    }
}
