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

    @Test("formats: no kernel reads float64, and half a number is a number too many")
    func formats() throws {
        let shape = try BlockShape(queryHeads: 1, kvHeads: 1, queries: 2, keys: 2, headSize: 2, valueHeadSize: 2)
        let bytes = [UInt8](repeating: 0, count: 9)
        var partial = FloatPartial(unwritten: shape)
        var workspace = Workspace()
        bytes.withUnsafeBytes { bytes in
            let four = UnsafeRawBufferPointer(rebasing: bytes[..<8])
            for (q, k, format, error) in [
                (four, four, FloatFormat.float64, ShapeError.format(.float64)),
                (bytes, four, .bfloat16, .count(buffer: "Q", expected: 4, actual: 5)),
                (
                    four, UnsafeRawBufferPointer(rebasing: bytes[..<7]), .float16,
                    .count(buffer: "K", expected: 4, actual: 3)
                ),
                (four, four, .float32, .count(buffer: "Q", expected: 4, actual: 2)),
            ] {
                let operands = BlockOperands(q: q, k: k, v: four, format: format)
                #expect(throws: error) {
                    try partial.withResult {
                        try AttentionKernel.best.attend(
                            shape, BlockAttributes(scale: 1), operands, into: $0, workspace: &workspace)
                    }
                }
                #expect(throws: error) { try AttentionOracle.attend(shape, BlockAttributes(scale: 1), operands) }
            }
        }
    }

    @Test("score weights: one for each element of each query head")
    func scoreWeights() throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 3, keys: 4, headSize: 5, valueHeadSize: 6)
        for change in [-1, 1] {
            var sample = BlockSample(shape)
            sample.scoreWeights = [Float](repeating: 1, count: 10 + change)
            expectRefusal(sample, .count(buffer: "the score weights", expected: 10, actual: 10 + change))
        }
    }

    @Test("projections: sizes, formats, and every buffer")
    func projections() throws {
        func refusal(
            rows: Int = 2, inputs: Int = 3, outputs: Int = 4, format: FloatFormat = .float16, bytes: Int = 12,
            weights: Int = 12, room: Int = 8
        ) -> ShapeError? {
            var workspace = Workspace()
            let memory = [Float](repeating: 0, count: 32)
            var output = memory
            return memory.withUnsafeBufferPointer { memory in
                output.withUnsafeMutableBufferPointer { output in
                    do throws(ShapeError) {
                        try AttentionKernel.best.project(
                            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<bytes]), format: format,
                            rowCount: rows, inputSize: inputs,
                            weights: UnsafeBufferPointer(rebasing: memory[..<weights]),
                            outputSize: outputs, into: UnsafeMutableBufferPointer(rebasing: output[..<room]),
                            workspace: &workspace)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
        }
        #expect(refusal() == nil)
        #expect(refusal(rows: 0) == .dimension(name: "rowCount", value: 0, atLeast: 1))
        #expect(refusal(inputs: -1) == .dimension(name: "inputSize", value: -1, atLeast: 1))
        #expect(refusal(outputs: 0) == .dimension(name: "outputSize", value: 0, atLeast: 1))
        #expect(refusal(format: .float64) == .format(.float64))
        #expect(refusal(rows: .max) == .tooLarge(tensor: "the rows"))
        #expect(refusal(outputs: .max) == .tooLarge(tensor: "the weights"))
        #expect(refusal(bytes: 13) == .count(buffer: "the rows' bytes", expected: 12, actual: 13))
        #expect(refusal(bytes: 14) == .count(buffer: "the rows", expected: 6, actual: 7))
        #expect(refusal(weights: 11) == .count(buffer: "the weights", expected: 12, actual: 11))
        #expect(refusal(room: 9) == .count(buffer: "the projection", expected: 8, actual: 9))
    }

    @Test("scores: room for every query and key of every head")
    func scores() throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 2, keys: 3, headSize: 4, valueHeadSize: 4)
        let sample = BlockSample(shape)
        var workspace = Workspace()
        for count in [11, 13] {
            var room = [Float](repeating: 0, count: count)
            #expect(throws: ShapeError.count(buffer: "the scores", expected: 12, actual: count)) {
                try room.withUnsafeMutableBufferPointer { room in
                    try sample.withOperands {
                        try AttentionKernel.best.scores(
                            shape, sample.attributes, $0, stage: .raw, into: room, workspace: &workspace)
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
