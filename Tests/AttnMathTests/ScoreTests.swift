import AttnMath
import Testing

@Suite("Scores, at each stage, and what is made of them")
struct ScoreTests {
    @Test(
        "are the oracle's for every key at raw and capped, and -inf where hidden at biased",
        arguments: ScoreStage.allCases, [1, 5, 13])
    func stages(stage: ScoreStage, queries: Int) throws {
        for keys in [1, 15, 17, 260] {
            for sample in try samples(queries: queries, keys: keys) {
                let exact = try sample.withOperands {
                    try AttentionOracle.scores(sample.shape, sample.attributes, $0, stage: stage)
                }
                for kernel in kernels {
                    let scores = try scores(sample, stage, kernel)
                    for index in scores.indices {
                        let bound = tolerance(sample, stage, row: index / keys, key: index % keys, exact[index])
                        #expect(
                            Double(scores[index]) == exact[index]
                                || (Double(scores[index]) - exact[index]).magnitude <= bound)
                    }
                }
            }
        }
    }

    @Test("of some heads leave the others' untouched")
    func headRange() throws {
        let shape = try BlockShape(queryHeads: 4, kvHeads: 2, queries: 3, keys: 20, headSize: 4, valueHeadSize: 2)
        let sample = BlockSample(shape)
        for kernel in kernels {
            let whole = try scores(sample, .raw, kernel)
            let part = try scores(sample, .raw, kernel, heads: 1..<3)
            #expect(Array(part[60..<180]) == Array(whole[60..<180]))
            #expect(part[..<60].allSatisfy(\.isNaN) && part[180...].allSatisfy(\.isNaN))
        }
    }

    @Test("become the probabilities that attention weighs values with")
    func probabilities() throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 7, keys: 33, headSize: 8, valueHeadSize: 33)
        var sample = BlockSample(shape, causalOffset: -2)
        // With the identity for values, the output is the row of weights.
        sample.v = (0..<33 * 33).map { $0 % 34 == 0 ? 1 : 0 }
        for kernel in kernels {
            let partial = try sample.attended(by: kernel)
            var probabilities = try scores(sample, .biased, kernel)
            try probabilities.withUnsafeMutableBufferPointer { scores in
                try partial.lse.withUnsafeBufferPointer {
                    try SoftmaxProbabilities.normalize(scores, lse: $0, keys: 33)
                }
            }
            for (p, weight) in zip(probabilities, partial.output) {
                // The exponential's 6 u, the sum's and the quotient's roundings, and the lse's, of at most 4.
                #expect((p - weight).magnitude <= 16 * 0x1p-24 * max(p, weight))
            }
            #expect(probabilities[..<(2 * 33)].allSatisfy { $0 == 0 })
        }
    }

    @Test("are refused room of another size, and so is a projection")
    func sizes() throws {
        let shape = try BlockShape(queryHeads: 1, kvHeads: 1, queries: 2, keys: 3, headSize: 4, valueHeadSize: 4)
        let sample = BlockSample(shape)
        var workspace = Workspace()
        var room = [Float](repeating: 0, count: 5)
        for kernel in kernels {
            try room.withUnsafeMutableBufferPointer { room in
                try sample.withOperands { operands in
                    #expect(throws: ShapeError.count(buffer: "the scores", expected: 6, actual: 5)) {
                        try kernel.scores(
                            shape, sample.attributes, operands, stage: .raw, into: room, workspace: &workspace)
                    }
                    #expect(throws: ShapeError.count(buffer: "the projection", expected: 6, actual: 5)) {
                        try sample.q[..<4].withUnsafeBufferPointer { weights in
                            try kernel.project(
                                operands.k, format: .float32, rowCount: 6, inputSize: 2,
                                weights: UnsafeBufferPointer(rebasing: weights[..<2]), outputSize: 1, into: room,
                                workspace: &workspace)
                        }
                    }
                }
            }
        }
    }

    @Test("A projection is X W^T for every ragged size", arguments: [FloatFormat.float32, .float16, .bfloat16])
    func projection(format: FloatFormat) throws {
        for (rows, inputs, outputs) in [(1, 1, 1), (5, 3, 17), (6, 16, 16), (7, 33, 8), (20, 8, 40)] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: rows, keys: outputs, headSize: inputs, valueHeadSize: 1)
            let sample = try BlockSample(shape).rounded(to: format)
            for kernel in kernels {
                var projected = [Float](repeating: .nan, count: rows * outputs)
                var workspace = Workspace()
                try projected.withUnsafeMutableBufferPointer { projected in
                    try sample.withOperands { operands in
                        try sample.k.withUnsafeBufferPointer {
                            try kernel.project(
                                operands.q, format: format, rowCount: rows, inputSize: inputs, weights: $0,
                                outputSize: outputs, into: projected, workspace: &workspace)
                        }
                    }
                }
                for (index, value) in projected.enumerated() {
                    let terms = (0..<inputs).map { d in
                        Double(sample.q[index / outputs * inputs + d]) * Double(sample.k[index % outputs * inputs + d])
                    }
                    let bound = Double(inputs + 1) * 0x1p-24 * terms.reduce(0) { $0 + $1.magnitude }
                    #expect((Double(value) - terms.reduce(0, +)).magnitude <= bound)
                }
            }
        }
    }

    private func samples(queries: Int, keys: Int) throws -> [BlockSample] {
        let shape = try BlockShape(
            queryHeads: 2, kvHeads: 1, queries: queries, keys: keys, headSize: 5, valueHeadSize: 3)
        var windowed = BlockSample(shape)
        windowed.attributes.window = KeyWindow(first: -1, last: keys / 2)
        windowed.attributes.softcap = 0.5
        let short = (0..<queries * (keys / 2)).map { UInt8($0 % 2) }
        let masked = BlockSample(shape, mask: .boolean(short, heads: 1, queries: queries, keys: keys / 2))
        let biases = (0..<2 * keys).map { $0 % 7 == 0 ? -Float.infinity : Float($0 % 3) }
        let biased = BlockSample(shape, mask: .additive(biases, heads: 2, queries: 1, keys: keys))
        return [windowed, masked, biased, try biased.rounded(to: .float16), windowed.scoredAdditively()]
    }

    private func scores(
        _ sample: BlockSample, _ stage: ScoreStage, _ kernel: AttentionKernel, heads: Range<Int>? = nil
    ) throws -> [Float] {
        var scores = [Float](repeating: .nan, count: sample.shape.rowCount * sample.shape.keys)
        var workspace = Workspace()
        try scores.withUnsafeMutableBufferPointer { scores in
            try sample.withOperands {
                try kernel.scores(
                    sample.shape, sample.attributes, $0, stage: stage, heads: heads, into: scores,
                    workspace: &workspace)
            }
        }
        return scores
    }

    private func tolerance(_ sample: BlockSample, _ stage: ScoreStage, row: Int, key: Int, _ exact: Double) -> Double {
        var sample = sample
        if stage == .raw { sample.attributes.softcap = 0 }
        let bound = sample.scoreBound(row: row, key: key)
        return bound.error + 0x1p-24 * exact.magnitude + 0x1p-149
    }
}
