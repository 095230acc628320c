import AttnMath
import Testing

@Suite("The merge of partials")
struct PartialMergeTests {
    @Test("has an exact identity on both sides")
    func identity() throws {
        let partial = try sample(keys: 9).attended(by: .best)
        var identity = partial
        identity.withResult { PartialMerge.setIdentity(output: $0.output, lse: $0.lse) }

        var left = identity
        try left.merge(partial, valueHeadSize: 3)
        #expect(left == partial)
        var right = partial
        try right.merge(identity, valueHeadSize: 3)
        #expect(right == partial)
        var both = identity
        try both.merge(identity, valueHeadSize: 3)
        #expect(both == identity)
    }

    @Test("ignores what lies in a partial row that saw nothing")
    func garbageInEmptyRow() throws {
        let partial = try sample(keys: 9).attended(by: .best)
        var garbage = partial
        for row in garbage.lse.indices { garbage.lse[row] = -.infinity }
        for element in garbage.output.indices { garbage.output[element] = .nan }
        var merged = partial
        try merged.merge(garbage, valueHeadSize: 3)
        #expect(merged == partial)
    }

    @Test("of any two runs of keys is attention over all of them", arguments: [nil, 4, -2] as [Int?])
    func everySplitInTwo(causalOffset: Int?) throws {
        let whole = try sample(keys: 23, causalOffset: causalOffset)
        for split in 0...23 {
            try expectMerged(whole, cuts: [split])
        }
    }

    @Test("of any three runs of keys, masked or not, is attention over all of them")
    func everySplitInThree() throws {
        let plain = try sample(keys: 12)
        var masked = plain
        masked.mask = .boolean(
            (0..<5 * 12).map { ($0 / 12) == 2 || $0 % 5 == 0 ? 0 : 1 }, heads: 1, queries: 5, keys: 12)
        for first in 0...12 {
            for second in first...12 {
                try expectMerged(plain, cuts: [first, second])
                try expectMerged(masked, cuts: [first, second])
            }
        }
    }

    @Test("works where one side outweighs the other by far", arguments: [50, 800, 1e5] as [Float])
    func farApart(difference: Float) throws {
        for (a, b) in [(Float(8), 8 - difference), (8 - difference, 8)] {
            var accumulated = try sample(keys: 3).attended(by: .best)
            var partial = accumulated
            for row in accumulated.lse.indices {
                accumulated.lse[row] = a
                partial.lse[row] = b
            }
            for element in partial.output.indices { partial.output[element] = -2 }
            let heavier = a > b ? accumulated : partial
            try accumulated.merge(partial, valueHeadSize: 3)
            // The lighter side weighs at most exp(-50) < 2^-72, too little to change a bit of the other's.
            #expect(accumulated == heavier)
        }
    }

    @Test("in the same order gives the same bits")
    func sameOrderSameBits() throws {
        let whole = try sample(keys: 40)
        let parts = try [0..<7, 7..<19, 19..<40].map { try whole.keys($0).attended(by: .best) }
        func merged() throws -> FloatPartial {
            var accumulated = parts[0]
            for part in parts.dropFirst() { try accumulated.merge(part, valueHeadSize: 3) }
            return accumulated
        }
        #expect(try merged() == merged())
    }

    @Test("carries a NaN through")
    func notANumber() throws {
        var accumulated = try sample(keys: 3).attended(by: .best)
        var partial = accumulated
        partial.lse[1] = .nan
        try accumulated.merge(partial, valueHeadSize: 3)
        #expect(accumulated.lse.indices.allSatisfy { accumulated.lse[$0].isNaN == ($0 == 1) })
        #expect(accumulated.output[3..<6].allSatisfy { $0.isNaN })
    }

    @Test("refuses buffers of other sizes and leaves the accumulator alone")
    func sizes() throws {
        let accumulated = try sample(keys: 3).attended(by: .best)
        var target = accumulated
        var short = accumulated
        short.output.removeLast()
        #expect(throws: ShapeError.count(buffer: "the partial output", expected: 15, actual: 14)) {
            try target.merge(short, valueHeadSize: 3)
        }
        short = accumulated
        short.lse.removeLast()
        #expect(throws: ShapeError.count(buffer: "the partial log-sum-exp", expected: 5, actual: 4)) {
            try target.merge(short, valueHeadSize: 3)
        }
        #expect(throws: ShapeError.count(buffer: "the accumulated output", expected: 20, actual: 15)) {
            try target.merge(accumulated, valueHeadSize: 4)
        }
        #expect(throws: ShapeError.dimension(name: "valueHeadSize", value: 0, atLeast: 1)) {
            try target.merge(accumulated, valueHeadSize: 0)
        }
        #expect(target == accumulated)
    }

    @Test("in double is associative and agrees with the whole to double's rounding")
    func oracleMerge() throws {
        let whole = try sample(keys: 20, causalOffset: 4)
        let reference = try whole.reference()
        for split in 0...20 {
            let merged = AttentionOracle.merge(
                try whole.keys(0..<split).reference(), try whole.keys(split..<20).reference(), valueHeadSize: 3)
            for (a, b) in zip(merged.output + merged.lse, reference.output + reference.lse) {
                // Some 20 roundings of numbers of at most 4.
                #expect(a == b || (a - b).magnitude < 80 * 0x1p-53)
            }
        }
    }

    private func sample(keys: Int, causalOffset: Int? = nil) throws -> BlockSample {
        let shape = try BlockShape(queryHeads: 1, kvHeads: 1, queries: 5, keys: keys, headSize: 4, valueHeadSize: 3)
        return BlockSample(shape, causalOffset: causalOffset, seed: UInt64(keys))
    }

    /// Cuts the keys, attends each run by itself, merges in order, and compares with the oracle on the whole.
    private func expectMerged(_ whole: BlockSample, cuts: [Int]) throws {
        let edges = [0] + cuts + [whole.shape.keys]
        let reference = try whole.reference()
        // A merge computes its weights from lse's off by as much as a tile's rescaling is, and rounds three times:
        // one tile more each.
        let bounds = whole.errorBounds(reference, tiles: 1 + 2 * cuts.count)
        for kernel in kernels {
            var accumulated = FloatPartial(unwritten: whole.shape)
            accumulated.withResult { PartialMerge.setIdentity(output: $0.output, lse: $0.lse) }
            for (start, end) in zip(edges, edges.dropFirst()) {
                let part = try whole.keys(start..<end).attended(by: kernel)
                try accumulated.merge(part, valueHeadSize: whole.shape.valueHeadSize)
            }
            if let deviation = firstDeviation(accumulated, from: reference, within: bounds, shape: whole.shape) {
                Issue.record("\(kernel.variant), cuts \(cuts): \(deviation)")
            }
        }
    }
}
