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
                try expectScores(sample, stage)
            }
        }
    }

    @Test("for every number of queries and keys around the register tile and the panel", arguments: ScoreStage.allCases)
    func everySmallShape(stage: ScoreStage) throws {
        for queries in 1...7 {
            for keys in [1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33] {
                let shape = try BlockShape(
                    queryHeads: 2, kvHeads: 2, queries: queries, keys: keys, headSize: 2, valueHeadSize: 1)
                var sample = BlockSample(shape)
                sample.attributes.softcap = 0.8
                sample.attributes.window = KeyWindow(first: -1, last: 2)
                try expectScores(sample, stage)
            }
        }
    }

    @Test("of a hidden key are -inf at biased, even where the key is not a number", arguments: [1, 9])
    func hiddenKeyNotANumber(queries: Int) throws {
        let shape = try BlockShape(
            queryHeads: 1, kvHeads: 1, queries: queries, keys: 20, headSize: 4, valueHeadSize: 1)
        let boolean = BlockSample.Mask.boolean((0..<20).map { $0 == 3 ? 0 : 1 }, heads: 1, queries: 1, keys: 20)
        let additive = BlockSample.Mask.additive(
            (0..<20).map { $0 == 3 ? -.infinity : 0 }, heads: 1, queries: 1, keys: 20)
        for (mask, window) in [(boolean, KeyWindow.all), (additive, .all), (nil, KeyWindow(first: 4))] {
            var sample = BlockSample(shape, mask: mask)
            sample.attributes.window = window
            sample.k[3 * 4] = .nan
            for kernel in kernels {
                let (raw, biased) = (try sample.scores(.raw, by: kernel), try sample.scores(.biased, by: kernel))
                for row in 0..<queries {
                    #expect(raw[row * 20 + 3].isNaN && biased[row * 20 + 3] == -.infinity)
                    #expect(biased[row * 20..<row * 20 + 20].allSatisfy { !$0.isNaN })
                }
            }
        }
    }

    @Test("need a block with keys and queries, or there are none", arguments: [(0, 3), (3, 0)])
    func empty(queries: Int, keys: Int) throws {
        let shape = try BlockShape(
            queryHeads: 1, kvHeads: 1, queries: queries, keys: keys, headSize: 2, valueHeadSize: 2)
        for kernel in kernels {
            #expect(try BlockSample(shape).scores(.biased, by: kernel).isEmpty)
        }
    }

    @Test("of some heads leave the others' untouched", arguments: ScoreStage.allCases)
    func headRange(stage: ScoreStage) throws {
        let shape = try BlockShape(queryHeads: 4, kvHeads: 2, queries: 3, keys: 20, headSize: 4, valueHeadSize: 2)
        let sample = BlockSample(shape)
        for kernel in kernels {
            let whole = try sample.scores(stage, by: kernel)
            let part = try sample.scores(stage, by: kernel, heads: 1..<3)
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
            var probabilities = try sample.scores(.biased, by: kernel)
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

    /// Expects every variant's scores to be the oracle's to float32's rounding.
    private func expectScores(_ sample: BlockSample, _ stage: ScoreStage) throws {
        let exact = try sample.withOperands {
            try AttentionOracle.scores(sample.shape, sample.attributes, $0, stage: stage)
        }
        let keys = sample.shape.keys
        let bounds = exact.enumerated().map {
            tolerance(sample, stage, row: $0.offset / keys, key: $0.offset % keys, $0.element)
        }
        for kernel in kernels {
            let scores = try sample.scores(stage, by: kernel)
            for index in scores.indices {
                let score = Double(scores[index])
                if score != exact[index], !((score - exact[index]).magnitude <= bounds[index]) {
                    Issue.record("\(kernel.variant), \(sample.shape), \(index): \(score), exact \(exact[index])")
                }
            }
        }
    }

    private func tolerance(_ sample: BlockSample, _ stage: ScoreStage, row: Int, key: Int, _ exact: Double) -> Double {
        var sample = sample
        if stage == .raw { sample.attributes.softcap = 0 }
        let bound = sample.scoreBound(row: row, key: key)
        return bound.error + 0x1p-24 * exact.magnitude + 0x1p-149
    }
}
