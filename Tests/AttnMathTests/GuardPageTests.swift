import AttnMath
import Testing

@Suite("The kernels touch nothing before or after any operand")
struct GuardPageTests {
    @Test("in attention", arguments: kernels.map(\.variant), kernelFormats)
    func attention(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        let memory = GuardedBlock()
        var workspace = Workspace()
        for shape in try smallShapes {
            let sample = try BlockSample(shape).rounded(to: format)
            let expected = try sample.attended(by: kernel)
            for side in GuardedSide.allCases {
                for mask in memory.masksThatHideNothing(shape, guarded: side) {
                    let operands = try memory.operands(sample, mask: mask, guarded: side)
                    let result = memory.result(shape, guarded: side)
                    try kernel.attend(shape, sample.attributes, operands, into: result, workspace: &workspace)
                    // A mask that hides nothing changes nothing, bit by bit.
                    if Array(result.output) != expected.output || Array(result.lse) != expected.lse {
                        Issue.record("\(shape) differs, guarded at its \(side)")
                    }
                }
            }
        }
    }

    @Test(
        "in attention under a window that ends inside a tile or lies in a later one", arguments: kernels.map(\.variant))
    func window(variant: KernelVariant) throws {
        let kernel = try AttentionKernel(variant)
        let memory = GuardedBlock()
        var workspace = Workspace()
        for queries in [1, 3, 13] {
            let shape = try BlockShape(
                queryHeads: 2, kvHeads: 1, queries: queries, keys: 521, headSize: 3, valueHeadSize: 5)
            for (first, last) in [(-1, 2), (254, 257), (300, 521), (513, 600), (-600, -queries), (521, 522)] {
                var sample = BlockSample(shape)
                sample.attributes.window = KeyWindow(first: first, last: last)
                let expected = try sample.attended(by: kernel)
                for side in GuardedSide.allCases {
                    let operands = try memory.operands(sample, guarded: side)
                    let result = memory.result(shape, guarded: side)
                    try kernel.attend(shape, sample.attributes, operands, into: result, workspace: &workspace)
                    #expect(Array(result.output) == expected.output && Array(result.lse) == expected.lse)
                }
            }
        }
    }

    @Test("in the scores at every stage", arguments: kernels.map(\.variant), kernelFormats)
    func scores(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        let memory = GuardedBlock()
        let written = GuardedMemory<Float>(capacity: 1 << 10)
        var workspace = Workspace()
        for shape in try smallShapes {
            var sample = try BlockSample(shape).rounded(to: format)
            sample.attributes.softcap = 0.5
            sample.attributes.window = KeyWindow(last: shape.keys / 2)
            for stage in ScoreStage.allCases {
                let expected = try sample.scores(stage, by: kernel)
                for side in GuardedSide.allCases {
                    let scores = written.room(for: expected.count, guarded: side)
                    scores.update(repeating: .nan)
                    try kernel.scores(
                        shape, sample.attributes, memory.operands(sample, guarded: side), stage: stage,
                        into: scores, workspace: &workspace)
                    if Array(scores) != expected { Issue.record("\(shape) at \(stage), guarded at its \(side)") }
                }
            }
        }
    }

    @Test("in additive attention, its weights included", arguments: kernels.map(\.variant), kernelFormats)
    func additiveAttention(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        let memory = GuardedBlock()
        var workspace = Workspace()
        for shape in try smallShapes {
            let sample = try BlockSample(shape).scoredAdditively().rounded(to: format)
            let expected = try sample.attended(by: kernel)
            for side in GuardedSide.allCases {
                let operands = try memory.operands(sample, guarded: side)
                let result = memory.result(shape, guarded: side)
                try kernel.attend(shape, sample.attributes, operands, into: result, workspace: &workspace)
                if Array(result.output) != expected.output || Array(result.lse) != expected.lse {
                    Issue.record("\(shape) differs, guarded at its \(side)")
                }
            }
        }
    }

    @Test("in projection", arguments: kernels.map(\.variant), kernelFormats)
    func projection(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        let rowMemory = GuardedMemory<UInt8>(capacity: 1 << 10)
        let weightMemory = GuardedMemory<Float>(capacity: 1 << 10)
        let outputMemory = GuardedMemory<Float>(capacity: 1 << 10)
        var workspace = Workspace()
        for rowCount in [1, 5, 6, 7, 13] {
            for inputSize in [1, 3, 4, 8, 9, 17] {
                for outputSize in [1, 7, 8, 9, 16, 17, 33] {
                    // Small integers: every format holds them, and no sum of their products rounds.
                    let rows = (0..<rowCount * inputSize).map { Float($0 % 7 - 3) }
                    let weights = (0..<outputSize * inputSize).map { Float($0 % 5 - 2) }
                    let expected = (0..<rowCount * outputSize).map { element in
                        let (row, column) = (element / outputSize * inputSize, element % outputSize * inputSize)
                        return (0..<inputSize).reduce(Float(0)) { $0 + rows[row + $1] * weights[column + $1] }
                    }
                    for side in GuardedSide.allCases {
                        let output = outputMemory.room(for: expected.count, guarded: side)
                        output.update(repeating: .nan)
                        try kernel.project(
                            UnsafeRawBufferPointer(rowMemory.holding(format.encoded(rows), guarded: side)),
                            format: format, rowCount: rowCount, inputSize: inputSize,
                            weights: weightMemory.holding(weights, guarded: side), outputSize: outputSize,
                            into: output, workspace: &workspace)
                        if Array(output) != expected {
                            Issue.record("[\(rowCount), \(inputSize)] to \(outputSize), guarded at its \(side)")
                        }
                    }
                }
            }
        }
    }

    /// Around the register tile, the panel and the vector, values narrower and wider than queries.
    private var smallShapes: [BlockShape] {
        get throws {
            var shapes: [BlockShape] = []
            for queries in [1, 2, 5, 6, 7] {
                for keys in [1, 3, 4, 8, 9, 16, 17, 31, 33] {
                    for (headSize, valueHeadSize) in [(1, 1), (3, 5), (8, 16), (17, 9), (4, 67)] {
                        shapes.append(
                            try BlockShape(
                                queryHeads: 2, kvHeads: 1 + queries % 2, queries: queries, keys: keys,
                                headSize: headSize, valueHeadSize: valueHeadSize))
                    }
                }
            }
            return shapes
        }
    }
}
