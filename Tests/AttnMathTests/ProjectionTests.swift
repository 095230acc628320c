import AttnMath
import Testing

@Suite("A projection is X W^T")
struct ProjectionTests {
    @Test(
        "for every number of rows, inputs and outputs around the register tile and the panel",
        arguments: kernelFormats)
    func everySmallSize(format: FloatFormat) throws {
        for rows in [1, 5, 6, 7, 13] {
            for inputs in [1, 3, 4, 5, 8, 9] {
                for outputs in [1, 7, 8, 9, 16, 17, 33] {
                    try expectProjection(rows, inputs, outputs, format)
                }
            }
        }
    }

    @Test("of long rows, as those of wide models are")
    func longRows() throws {
        try expectProjection(7, 1030, 20, .float32)
    }

    /// float32 products and sums, in any order, fused or not.
    private func expectProjection(_ rows: Int, _ inputs: Int, _ outputs: Int, _ format: FloatFormat) throws {
        let shape = try BlockShape(
            queryHeads: 1, kvHeads: 1, queries: rows, keys: outputs, headSize: inputs, valueHeadSize: 1)
        let sample = try BlockSample(shape).rounded(to: format)
        let projections = try kernels.map { try sample.projected(by: $0) }
        for element in 0..<rows * outputs {
            var exact = 0.0
            var magnitude = 0.0
            for d in 0..<inputs {
                let term =
                    Double(sample.q[element / outputs * inputs + d]) * Double(sample.k[element % outputs * inputs + d])
                exact += term
                magnitude += term.magnitude
            }
            let bound = Double(inputs + 1) * 0x1p-24 * magnitude
            for (kernel, projection) in zip(kernels, projections)
            where !((Double(projection[element]) - exact).magnitude <= bound) {
                Issue.record("\(kernel.variant), \(shape), \(format): \(projection[element]), exact \(exact)")
            }
        }
    }
}
