// The kernels' tanh and exp, seen through scores and weights: nothing else gives access to them. How exact they are over
// every float was measured once and stands where they are defined.

import AttnMath
import Glibc
import Testing

@Suite("The kernels' elementary functions are as exact as their documentation says")
struct ElementaryFunctionTests {
    @Test(
        "tanh: within 2 units in the last place, odd, never above 1, never falling", arguments: kernels.map(\.variant))
    func hyperbolicTangent(variant: KernelVariant) throws {
        let arguments = positiveFloats()
        let results = try capped(arguments, variant)
        #expect(try capped(arguments.map { -$0 }, variant).map(\.bitPattern) == results.map { (-$0).bitPattern })
        var previous: Float = 0
        for (x, result) in zip(arguments, results) {
            let exact = tanh(Double(x))
            let unit = Double(Float(exact).ulp)
            if !((Double(result) - exact).magnitude <= 2 * unit && result <= 1 && result >= previous) {
                Issue.record("tanh(\(x)) is \(exact), not \(result), which follows \(previous)")
            }
            previous = result
        }
    }

    @Test("tanh: 0 gives 0, infinities give 1, NaN stays NaN", arguments: kernels.map(\.variant))
    func hyperbolicTangentOfSpecialNumbers(variant: KernelVariant) throws {
        #expect(try capped([0, -0.0, .infinity, -.infinity], variant) == [0, 0, 1, -1])
        #expect(try capped([.nan, -.nan], variant).allSatisfy { $0.isNaN })
    }

    @Test(
        "exp: within 3.1 * 2^-24 relative down to where it becomes 0, and 1 at 0",
        arguments: kernels.map(\.variant), [1, 64])
    func exponential(variant: KernelVariant, together: Int) throws {
        let arguments = positiveFloats().filter { $0 < 100 }
        let weights = try weights(ofSecondKey: arguments.map { -$0 }, variant, together: together)
        for (x, weight) in zip(arguments, weights) {
            let e = exp(-Double(x))
            // e / (1 + e), and roundings: of the sum, of its inverse and of the product.
            let exact = e / (1 + e)
            let isLost = x >= 87.33
            if isLost ? weight != 0 : !((Double(weight) - exact).magnitude <= (3.1 + 3) * 0x1p-24 * exact) {
                Issue.record("exp(-\(x)) / (1 + exp(-\(x))) is \(exact), not \(weight)")
            }
        }
        #expect(try self.weights(ofSecondKey: [0, -0.0, -.infinity], variant, together: together) == [0.5, 0.5, 0])
    }

    /// Some of every exponent, subnormal ones included, in rising order.
    private func positiveFloats() -> [Float] {
        stride(from: UInt32(1), to: Float.infinity.bitPattern, by: 1_048_573 / 8).map { Float(bitPattern: $0) }
    }

    /// 1 * tanh(x / 1) of every x, as capped scores of queries of one element.
    private func capped(_ arguments: [Float], _ variant: KernelVariant) throws -> [Float] {
        let shape = try BlockShape(
            queryHeads: 1, kvHeads: 1, queries: arguments.count, keys: 1, headSize: 1, valueHeadSize: 1)
        var sample = BlockSample(shape)
        sample.q = arguments
        sample.k = [1]
        sample.attributes = BlockAttributes(scale: 1, softcap: 1)
        return try sample.scores(.capped, by: AttentionKernel(variant))
    }

    /// exp(x) / (exp(0) + exp(x)) of every x, by blocks of so many queries.
    private func weights(
        ofSecondKey arguments: [Float], _ variant: KernelVariant, together: Int
    ) throws -> [Float] {
        let kernel = try AttentionKernel(variant)
        return try stride(from: 0, to: arguments.count, by: together).flatMap { start in
            let queries = Array(arguments[start..<min(start + together, arguments.count)])
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries.count, keys: 2, headSize: 1, valueHeadSize: 1)
            var sample = BlockSample(
                shape, mask: .additive(queries.flatMap { [0, $0] }, heads: 1, queries: queries.count, keys: 2))
            sample.q = queries.map { _ in 0 }
            sample.v = [0, 1]
            return try sample.attended(by: kernel).output
        }
    }
}
