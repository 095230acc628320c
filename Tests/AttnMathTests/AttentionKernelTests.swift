import AttnMath
import Testing

@Suite("The fast kernel agrees with the oracle within the float32 error bound")
struct AttentionKernelTests {
    /// Not multiples of any vector, multiples of the smaller one, of the larger one, and of a panel; values narrower
    /// and wider.
    static let headSizes = [(1, 1), (3, 5), (8, 8), (16, 20), (19, 16), (33, 40)]

    @Test("for every number of queries and keys around the register tile and the panel", arguments: headSizes)
    func everySmallShape(headSize: Int, valueHeadSize: Int) throws {
        for queries in 1...13 {
            for keys in 0...34 {
                let shape = try BlockShape(
                    queryHeads: 1, kvHeads: 1, queries: queries, keys: keys, headSize: headSize,
                    valueHeadSize: valueHeadSize)
                try expectAgreement(BlockSample(shape, seed: UInt64(queries * 100 + keys)))
            }
        }
    }

    @Test("for every causal offset, from hiding every key to hiding none", arguments: [(1, 1), (4, 2)])
    func everyCausalOffset(queryHeads: Int, kvHeads: Int) throws {
        for queries in [1, 2, 5, 6, 7] {
            for keys in [1, 2, 7, 8, 9, 17] {
                let shape = try BlockShape(
                    queryHeads: queryHeads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: 4,
                    valueHeadSize: 3)
                for offset in [Int.min, .min + 1] + Array(-queries - 1...keys + 1) + [.max - 1, .max] {
                    try expectAgreement(BlockSample(shape, causalOffset: offset))
                }
            }
        }
    }

    @Test(
        "for every mask layout, alone and with causality, with as many keys as the block or fewer", arguments: [1, 6])
    func everyMaskLayout(queries: Int) throws {
        for keys in [1, 7, 8, 9, 15, 16, 17, 33] {
            let shape = try BlockShape(
                queryHeads: 4, kvHeads: 2, queries: queries, keys: keys, headSize: 4, valueHeadSize: 4)
            for (heads, maskQueries) in [(1, 1), (1, queries), (4, 1), (4, queries)] {
                for maskKeys in [0, keys / 2, keys] {
                    for causalOffset in [nil, keys / 2] {
                        var sample = BlockSample(shape, causalOffset: causalOffset)
                        let count = heads * maskQueries * maskKeys
                        sample.mask = booleanMask(count, heads: heads, queries: maskQueries, keys: maskKeys)
                        try expectAgreement(sample)
                        sample.mask = additiveMask(count, heads: heads, queries: maskQueries, keys: maskKeys)
                        try expectAgreement(sample)
                    }
                }
            }
        }
    }

    @Test("where rows straddle query heads that share a key head", arguments: [(6, 1), (6, 2), (6, 3), (6, 6)])
    func groupedHeads(queryHeads: Int, kvHeads: Int) throws {
        for queries in 1...7 {
            let shape = try BlockShape(
                queryHeads: queryHeads, kvHeads: kvHeads, queries: queries, keys: 11, headSize: 8, valueHeadSize: 8)
            try expectAgreement(BlockSample(shape))
            try expectAgreement(BlockSample(shape, causalOffset: 3))
        }
    }

    @Test("over several key tiles, also where causality ends inside one", arguments: [1, 3, 9, 20])
    func severalTiles(queries: Int) throws {
        for keys in [256, 257, 384, 385, 700] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: keys, headSize: 8, valueHeadSize: 9)
            for offset in [nil, keys - queries, 256, 384] {
                try expectAgreement(BlockSample(shape, causalOffset: offset), tiles: 3)
            }
        }
    }

    @Test("for scores of very different sizes", arguments: [1e-30, 1e-4, 1, 100, 1e4] as [Float])
    func scoreMagnitudes(magnitude: Float) throws {
        for queries in [1, 8] {
            let shape = try BlockShape(
                queryHeads: 2, kvHeads: 2, queries: queries, keys: 300, headSize: 16, valueHeadSize: 16)
            var sample = BlockSample(shape)
            // q k^T is at most the head size in magnitude; the scale takes it to the wanted one.
            sample.attributes.scale = magnitude / 16
            try expectAgreement(sample, tiles: 2)
            sample.attributes.scale = -magnitude / 16
            try expectAgreement(sample, tiles: 2)
        }
    }

    @Test("where the largest score comes last, so that every tile rescales what came before")
    func growingScores() throws {
        for queries in [1, 7] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: 600, headSize: 1, valueHeadSize: 8)
            var sample = BlockSample(shape)
            sample.q = sample.q.map(\.magnitude)
            sample.k = (0..<600).map { Float($0) / 8 }
            sample.attributes.scale = 1
            try expectAgreement(sample, tiles: 3)
        }
    }

    @Test(
        "and errs at most twice as much as the naive float32 version, whole tensors compared",
        arguments: [(1, 512, 64), (40, 300, 32), (64, 128, 80)])
    func errorAgainstNaive(queries: Int, keys: Int, headSize: Int) throws {
        let shape = try BlockShape(
            queryHeads: 2, kvHeads: 1, queries: queries, keys: keys, headSize: headSize, valueHeadSize: headSize)
        let sample = BlockSample(shape)
        let reference = try sample.reference()
        let naive = sample.naive()
        for kernel in kernels {
            let fast = try sample.attended(by: kernel)
            // The slack is exp's: 6 u, and the rounding of the result, for outputs of at most 1 and lse's of at most 8.
            let outputError = largestError(fast.output, reference.output)
            #expect(outputError <= 2 * largestError(naive.output, reference.output) + 8 * 0x1p-24)
            let lseError = largestError(fast.lse, reference.lse)
            #expect(lseError <= 2 * largestError(naive.lse, reference.lse) + 8 * 0x1p-24)
        }
    }

    private func largestError(_ values: [Float], _ exact: [Double]) -> Double {
        zip(values, exact).map { (Double($0) - $1).magnitude }.max() ?? 0
    }

    private func booleanMask(_ count: Int, heads: Int, queries: Int, keys: Int) -> BlockSample.Mask {
        var generator = SeededGenerator(seed: UInt64(count))
        // True is any nonzero byte.
        let elements = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) & 3 }
        return .boolean(elements, heads: heads, queries: queries, keys: keys)
    }

    private func additiveMask(_ count: Int, heads: Int, queries: Int, keys: Int) -> BlockSample.Mask {
        var generator = SeededGenerator(seed: UInt64(count))
        let elements = (0..<count).map { _ in
            let bias = generator.float()
            return bias > 0.5 ? -Float.infinity : 4 * bias
        }
        return .additive(elements, heads: heads, queries: queries, keys: keys)
    }
}

/// Expects every variant to compute the sample within the error bound.
func expectAgreement(
    _ sample: BlockSample, tiles: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let reference = try sample.reference()
    let bounds = sample.errorBounds(reference, tiles: tiles)
    for kernel in kernels {
        let partial = try sample.attended(by: kernel)
        if let deviation = firstDeviation(partial, from: reference, within: bounds, shape: sample.shape) {
            Issue.record(
                "\(kernel.variant), \(sample.shape), \(sample.attributes): \(deviation)",
                sourceLocation: sourceLocation)
        }
    }
}
