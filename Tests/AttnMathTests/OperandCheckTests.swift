import AttnMath
import Testing

@Suite("Operands that do not fit are refused before a kernel is entered")
struct OperandCheckTests {
    @Test("shapes: positive heads and sizes, shared evenly, no overflow")
    func shapes() {
        func shape(_ h: Int, _ g: Int, _ n: Int, _ m: Int, _ d: Int, _ e: Int) throws(ShapeError) -> BlockShape {
            try BlockShape(queryHeads: h, kvHeads: g, queries: n, keys: m, headSize: d, valueHeadSize: e)
        }
        #expect(throws: ShapeError.dimension(name: "queryHeads", value: 0, atLeast: 1)) { try shape(0, 1, 1, 1, 1, 1) }
        #expect(throws: ShapeError.dimension(name: "kvHeads", value: -1, atLeast: 1)) { try shape(1, -1, 1, 1, 1, 1) }
        #expect(throws: ShapeError.dimension(name: "queries", value: -1, atLeast: 0)) { try shape(1, 1, -1, 1, 1, 1) }
        #expect(throws: ShapeError.dimension(name: "keys", value: .min, atLeast: 0)) { try shape(1, 1, 1, .min, 1, 1) }
        #expect(throws: ShapeError.dimension(name: "headSize", value: 0, atLeast: 1)) { try shape(1, 1, 1, 1, 0, 1) }
        #expect(throws: ShapeError.dimension(name: "valueHeadSize", value: 0, atLeast: 1)) {
            try shape(1, 1, 1, 1, 1, 0)
        }
        #expect(throws: ShapeError.headsNotDivisible(queryHeads: 6, kvHeads: 4)) { try shape(6, 4, 1, 1, 1, 1) }
        #expect(throws: ShapeError.headsNotDivisible(queryHeads: 2, kvHeads: 4)) { try shape(2, 4, 1, 1, 1, 1) }
        #expect(throws: ShapeError.tooLarge(tensor: "Q")) { try shape(1, 1, .max, 1, 2, 1) }
        #expect(throws: ShapeError.tooLarge(tensor: "K")) { try shape(1, 1, 1, .max, 2, 1) }
        #expect(throws: ShapeError.tooLarge(tensor: "V")) { try shape(1, 1, 1, .max / 2, 2, 3) }
        #expect(throws: ShapeError.tooLarge(tensor: "the output")) { try shape(1, 1, .max / 2, 1, 2, 3) }
        #expect(throws: Never.self) { try shape(1, 1, 0, 0, .max, .max) }
    }

    @Test("buffers: each one element short or long")
    func buffers() throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 3, keys: 4, headSize: 5, valueHeadSize: 6)
        for change in [-1, 1] {
            var sample = BlockSample(shape)
            resize(&sample.q, by: change)
            expectRefusal(sample, .count(buffer: "Q", expected: 30, actual: 30 + change))
            sample = BlockSample(shape)
            resize(&sample.k, by: change)
            expectRefusal(sample, .count(buffer: "K", expected: 20, actual: 20 + change))
            sample = BlockSample(shape)
            resize(&sample.v, by: change)
            expectRefusal(sample, .count(buffer: "V", expected: 24, actual: 24 + change))

            for isOutput in [true, false] {
                let sample = BlockSample(shape)
                var partial = FloatPartial(unwritten: shape)
                if isOutput { resize(&partial.output, by: change) } else { resize(&partial.lse, by: change) }
                var workspace = Workspace()
                let error =
                    isOutput
                    ? ShapeError.count(buffer: "the output", expected: 36, actual: 36 + change)
                    : ShapeError.count(buffer: "the log-sum-exp", expected: 6, actual: 6 + change)
                #expect(throws: error) {
                    try sample.withOperands { operands in
                        try partial.withResult {
                            try AttentionKernel.best.attend(
                                shape, sample.attributes, operands, into: $0, workspace: &workspace)
                        }
                    }
                }
            }
        }
    }

    @Test("masks: heads, queries, keys and elements")
    func masks() throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 3, keys: 4, headSize: 1, valueHeadSize: 1)
        func sample(_ count: Int, _ heads: Int, _ queries: Int, _ keys: Int) -> BlockSample {
            BlockSample(
                shape,
                mask: .boolean([UInt8](repeating: 1, count: count), heads: heads, queries: queries, keys: keys))
        }
        expectRefusal(sample(36, 3, 3, 4), .mask(dimension: "heads", value: 3, expected: 2))
        expectRefusal(sample(0, 0, 3, 4), .mask(dimension: "heads", value: 0, expected: 2))
        expectRefusal(sample(8, 1, 2, 4), .mask(dimension: "queries", value: 2, expected: 3))
        expectRefusal(sample(15, 1, 3, 5), .mask(dimension: "keys", value: 5, expected: 4))
        expectRefusal(sample(0, 1, 3, -1), .mask(dimension: "keys", value: -1, expected: 4))
        expectRefusal(sample(11, 1, 3, 4), .count(buffer: "mask", expected: 12, actual: 11))
    }

    @Test("head ranges", arguments: [-1..<1, 0..<3, 2..<3])
    func headRanges(heads: Range<Int>) throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 1, keys: 1, headSize: 1, valueHeadSize: 1)
        #expect(throws: ShapeError.headRange(heads: heads, queryHeads: 2)) {
            try BlockSample(shape).attended(by: .best, heads: heads)
        }
    }

    @Test("every error says what was expected and what came")
    func descriptions() {
        #expect(
            ShapeError.count(buffer: "Q", expected: 30, actual: 29).description
                == "attention operands: Q holds 29 elements, its shape has 30")
    }

    private func resize(_ elements: inout [Float], by change: Int) {
        if change > 0 { elements.append(0) } else { elements.removeLast() }
    }

    /// By the kernel and by the oracle alike.
    private func expectRefusal(_ sample: BlockSample, _ error: ShapeError) {
        #expect(throws: error) { try sample.attended(by: .best) }
        #expect(throws: error) { try sample.reference() }
    }
}
