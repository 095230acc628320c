import AttnMath
import Testing

@Suite("Windows, caps, formats, additive scores and double softmax agree with the oracle too")
struct BlockFeatureTests {
    /// Below, around and above the rows that are read as they lie, a register tile and a block of rows.
    static let rowCounts = [1, 3, 4, 5, 6, 7, 13, 25]

    @Test(
        "for every window on a small block, the bounds crossed or beyond every position", arguments: [(1, 1), (4, 2)])
    func everyWindow(queryHeads: Int, kvHeads: Int) throws {
        for queries in [1, 3, 7] {
            for keys in [1, 9] {
                let shape = try shape(queryHeads, kvHeads, queries, keys)
                let bounds = [nil, Int.min, .max] + Array(-queries - 1...keys + 1)
                for first in bounds {
                    for last in bounds {
                        var sample = BlockSample(shape)
                        sample.attributes.window = KeyWindow(first: first, last: last)
                        try expectAgreement(sample)
                    }
                }
            }
        }
    }

    @Test("for a window that slides over several key tiles", arguments: rowCounts)
    func slidingWindow(queries: Int) throws {
        for keys in [257, 385, 600] {
            let shape = try shape(1, 1, queries, keys)
            for (first, last) in [(0, 0), (240, 256), (100, 300), (380, 390), (590, 595)] {
                var sample = BlockSample(shape)
                sample.attributes.window = KeyWindow(first: first, last: last)
                try expectAgreement(sample, tiles: 3)
            }
        }
    }

    @Test("for a window together with each kind of mask, where many queries have passed all keys")
    func windowAndMask() throws {
        let shape = try shape(2, 1, 40, 20)
        for precision in [BlockAttributes.SoftmaxPrecision.float32, .float64] {
            for mask in [
                BlockSample.Mask.boolean((0..<800).map { UInt8($0 % 3) }, heads: 1, queries: 40, keys: 20),
                .additive((0..<40).map { Float($0 % 5) - 2 }, heads: 2, queries: 1, keys: 20),
            ] {
                var sample = BlockSample(shape, mask: mask)
                sample.attributes.window = KeyWindow(first: -3, last: 0)
                sample.attributes.softmaxPrecision = precision
                try expectAgreement(sample)
            }
        }
    }

    /// Also the least and the largest that float32 can hold: the inverse of the one is infinite, what a score is of the
    /// other subnormal.
    @Test(
        "for caps from far below the scores to far above",
        arguments: [.leastNonzeroMagnitude, 0x1p-130, 0.01, 1, 5, 50, 1e6, .greatestFiniteMagnitude] as [Float])
    func softcap(cap: Float) throws {
        for queries in Self.rowCounts {
            for scale in [0.1, 3, 40] as [Float] {
                var sample = BlockSample(try shape(2, 1, queries, 35))
                // A row of scores that are 0.
                for d in 0..<6 { sample.q[d] = 0 }
                sample.attributes.scale = scale
                sample.attributes.softcap = cap
                try expectAgreement(sample)
            }
        }
    }

    @Test("for float16 and bfloat16 operands at odd addresses", arguments: [FloatFormat.float16, .bfloat16])
    func halves(format: FloatFormat) throws {
        for queries in [1, 4, 5, 13] {
            for (headSize, valueHeadSize) in [(1, 1), (3, 5), (8, 16), (17, 9), (36, 33)] {
                for keys in [1, 2, 7, 16, 33, 300] {
                    let shape = try BlockShape(
                        queryHeads: 2, kvHeads: 2, queries: queries, keys: keys, headSize: headSize,
                        valueHeadSize: valueHeadSize)
                    if keys == 300, queries != 5 || headSize > 8 { continue }
                    try expectAgreement(BlockSample(shape).rounded(to: format), tiles: 2)
                }
            }
        }
    }

    @Test("for float16 operands of every size, subnormal ones too")
    func tinyHalves() throws {
        let shape = try shape(1, 1, 7, 20)
        var sample = BlockSample(shape)
        sample.q = sample.q.enumerated().map { $1 * [1, 0x1p-15, 0x1p-20, 1000][$0 % 4] }
        sample.k = sample.k.enumerated().map { $1 * [0x1p-16, 1, 0x1p-24, 8][$0 % 4] }
        try expectAgreement(sample.rounded(to: .float16))
    }

    @Test("for additive scores, capped, windowed, masked or not", arguments: [1, 5, 7, 13])
    func additive(queries: Int) throws {
        for (queryHeads, kvHeads) in [(1, 1), (4, 2), (3, 3)] {
            for keys in [1, 15, 17] {
                for headSize in [1, 5] {
                    let shape = try BlockShape(
                        queryHeads: queryHeads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: headSize,
                        valueHeadSize: 6)
                    var sample = BlockSample(shape).scoredAdditively()
                    sample.attributes.scale = 1
                    try expectAgreement(sample)
                    sample.attributes.softcap = 2
                    sample.attributes.window = KeyWindow(first: -2, last: keys / 2)
                    try expectAgreement(sample)
                }
            }
        }
    }

    @Test(
        "for large and small additive terms, where tanh saturates or is linear", arguments: [1e-6, 0.6, 30] as [Float])
    func additiveMagnitudes(magnitude: Float) throws {
        var sample = BlockSample(try shape(1, 1, 6, 40)).scoredAdditively()
        sample.q = sample.q.map { $0 * magnitude }
        sample.k = sample.k.map { $0 * magnitude }
        try expectAgreement(sample)
    }

    @Test("for a softmax in double, over several tiles and growing maxima", arguments: [1, 7])
    func doubleSoftmax(queries: Int) throws {
        for keys in [1, 17, 600] {
            var sample = BlockSample(try shape(2, 1, queries, keys))
            sample.attributes.softmaxPrecision = .float64
            try expectAgreement(sample, tiles: 3)
            sample.attributes.scale = 60
            try expectAgreement(sample, tiles: 3)
        }
    }

    @Test("where the mask is the lowest finite number for every key, so that all weigh the same", arguments: [1, 8])
    func lowestFiniteMask(queries: Int) throws {
        let lowest = [Float](repeating: -.greatestFiniteMagnitude, count: 20)
        let sample = BlockSample(
            try shape(1, 1, queries, 20), mask: .additive(lowest, heads: 1, queries: 1, keys: 20))
        for kernel in kernels {
            let partial = try sample.attended(by: kernel)
            for row in 0..<queries {
                for c in 0..<4 {
                    let mean = (0..<20).reduce(0.0) { $0 + Double(sample.v[$1 * 4 + c]) } / 20
                    // The scores are lost in the mask's rounding; what is left is a sum of 20 in float32.
                    #expect((Double(partial.output[row * 4 + c]) - mean).magnitude <= 28 * 0x1p-24)
                }
            }
        }
    }

    @Test("where the mask is the lowest finite number for some keys, which then weigh nothing", arguments: [1, 8])
    func lowestFiniteMaskOfSomeKeys(queries: Int) throws {
        let shape = try shape(1, 1, queries, 20)
        let lowest = (0..<20).map { $0 % 3 == 0 ? -Float.greatestFiniteMagnitude : 0 }
        let hidden = lowest.map { $0 == 0 ? Float(0) : -.infinity }
        for kernel in kernels {
            let partial = try BlockSample(shape, mask: .additive(lowest, heads: 1, queries: 1, keys: 20))
                .attended(by: kernel)
            let expected = try BlockSample(shape, mask: .additive(hidden, heads: 1, queries: 1, keys: 20))
                .attended(by: kernel)
            #expect(partial == expected)
        }
    }

    @Test("and a block of half operands or additive scores merges from parts", arguments: [1, 9])
    func merging(queries: Int) throws {
        let shape = try shape(2, 1, queries, 30)
        for sample in [try BlockSample(shape).rounded(to: .bfloat16), BlockSample(shape).scoredAdditively()] {
            let reference = try sample.reference()
            let bounds = sample.errorBounds(reference, tiles: 2)
            for kernel in kernels {
                for cut in [1, 13, 29] {
                    var merged = try sample.keys(0..<cut).attended(by: kernel)
                    try merged.merge(sample.keys(cut..<30).attended(by: kernel), valueHeadSize: 4)
                    #expect(firstDeviation(merged, from: reference, within: bounds, shape: shape) == nil)
                }
            }
        }
    }

    private func shape(_ queryHeads: Int, _ kvHeads: Int, _ queries: Int, _ keys: Int) throws -> BlockShape {
        try BlockShape(
            queryHeads: queryHeads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: 6, valueHeadSize: 4)
    }
}
