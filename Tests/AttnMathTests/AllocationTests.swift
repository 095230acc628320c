import AttnMath
import CAllocationCounter
import Glibc
import Testing

@Suite(
    "With a workspace that is large enough, no computation allocates",
    .enabled(if: allocation_counter_works(), "allocations can be counted only with glibc, without the thread sanitizer")
)
struct AllocationTests {
    @Test("and the counter would see it: every call of the allocator counts once, freeing does not")
    func counterCounts() throws {
        var blocks: [UnsafeMutableRawPointer?] = []
        blocks.reserveCapacity(6)
        #expect(allocations { blocks.append(malloc(8)) } == 1)
        #expect(allocations { blocks.append(calloc(2, 8)) } == 1)
        #expect(allocations { blocks.append(aligned_alloc(64, 128)) } == 1)
        #expect(allocations { blocks.append(.allocate(byteCount: 128, alignment: 64)) } == 1)
        #expect(
            allocations {
                var block: UnsafeMutableRawPointer?
                if posix_memalign(&block, 64, 128) == 0 { blocks.append(block) }
            } == 1)
        #expect(blocks.count == 5 && !blocks.contains(nil))
        #expect(allocations { blocks[0] = realloc(blocks[0], 1 << 20) } == 1)
        let last = blocks[4]
        #expect(allocations { free(last) } == 0)
        for block in blocks[..<4] { free(block) }
    }

    @Test("and the counter sees a workspace grow", arguments: kernels.map(\.variant))
    func counterSeesWorkspace(variant: KernelVariant) throws {
        let kernel = try AttentionKernel(variant)
        let shape = try BlockShape(queryHeads: 1, kvHeads: 1, queries: 1, keys: 3, headSize: 4, valueHeadSize: 4)
        let sample = BlockSample(shape)
        var partial = FloatPartial(unwritten: shape)
        var workspace = Workspace()
        try sample.withOperands { operands in
            try partial.withResult { result in
                let count = try allocations {
                    try kernel.attend(shape, sample.attributes, operands, into: result, workspace: &workspace)
                }
                #expect(count >= 1)
            }
        }
    }

    @Test(
        "attention of few rows and of many, of one tile and of several, under every mask, window, cap and precision",
        arguments: kernels.map(\.variant), kernelFormats)
    func attention(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        var workspace = Workspace()
        try forEachBlock(format) { shape, attributes, operands in
            var partial = FloatPartial(unwritten: shape)
            let count = try partial.withResult { result in
                try allocationsOnceWarm {
                    try kernel.attend(shape, attributes, operands, into: result, workspace: &workspace)
                }
            }
            if count != 0 { Issue.record("\(count) of \(shape), \(attributes)") }
        }
    }

    @Test("scores at every stage", arguments: kernels.map(\.variant), kernelFormats)
    func scores(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        var workspace = Workspace()
        try forEachBlock(format) { shape, attributes, operands in
            var scores = [Float](repeating: .nan, count: shape.rowCount * shape.keys)
            for stage in ScoreStage.allCases {
                let count = try scores.withUnsafeMutableBufferPointer { scores in
                    try allocationsOnceWarm {
                        try kernel.scores(
                            shape, attributes, operands, stage: stage, into: scores, workspace: &workspace)
                    }
                }
                if count != 0 { Issue.record("\(count) of \(shape), \(attributes) at \(stage)") }
            }
        }
    }

    @Test("projection", arguments: kernels.map(\.variant), kernelFormats)
    func projection(variant: KernelVariant, format: FloatFormat) throws {
        let kernel = try AttentionKernel(variant)
        var workspace = Workspace()
        let rows = try format.encoded([Float](repeating: 1, count: 7 * 9))
        let weights = [Float](repeating: 1, count: 19 * 9)
        var output = [Float](repeating: .nan, count: 7 * 19)
        let count = try rows.withUnsafeBytes { rows in
            try weights.withUnsafeBufferPointer { weights in
                try output.withUnsafeMutableBufferPointer { output in
                    try allocationsOnceWarm {
                        try kernel.project(
                            rows, format: format, rowCount: 7, inputSize: 9, weights: weights, outputSize: 19,
                            into: output, workspace: &workspace)
                    }
                }
            }
        }
        #expect(count == 0)
    }

    @Test("linear layers of every format, and layer normalisation", arguments: WeightFormat.allCases)
    func layers(format: WeightFormat) {
        let sample = LinearSample(rows: 13, outputs: 19, inputs: 9, residual: true)
        let weights = sample.packed(format)
        let workspace = LayerWorkspace()
        var y = [Float](repeating: .nan, count: 13 * 19)
        for kernel in layerKernels {
            for activation in Activation.allCases {
                let count = allocationsOnceWarm {
                    sample.compute(kernel, weights, activation, into: &y, workspace: workspace)
                    kernel.layerNorm(&y, rows: 19, width: 13, gain: sample.x, bias: sample.x, epsilon: 1e-5)
                }
                #expect(count == 0, "\(kernel.variant), \(activation)")
            }
        }
    }

    @Test("conversion, both ways", arguments: FloatFormat.allCases)
    func conversion(format: FloatFormat) throws {
        var numbers = [Float](repeating: 1, count: 37)
        var bytes = try format.encoded(numbers)
        let count = try numbers.withUnsafeMutableBufferPointer { numbers in
            try bytes.withUnsafeMutableBytes { bytes in
                try allocationsOnceWarm {
                    try format.encode(UnsafeBufferPointer(numbers), into: bytes)
                    try format.decode(UnsafeRawBufferPointer(bytes), into: numbers)
                }
            }
        }
        #expect(count == 0)
    }

    @Test("merge and softmax probabilities")
    func mergeAndProbabilities() throws {
        let shape = try BlockShape(queryHeads: 2, kvHeads: 1, queries: 3, keys: 9, headSize: 4, valueHeadSize: 9)
        let sample = BlockSample(shape)
        let partial = try sample.attended(by: .best)
        var merged = partial
        let merges = try partial.output.withUnsafeBufferPointer { output in
            try partial.lse.withUnsafeBufferPointer { lse in
                try merged.withResult { result in
                    try allocationsOnceWarm {
                        try PartialMerge.merge(
                            output, lse: lse, into: result.output, lse: result.lse, valueHeadSize: 9)
                    }
                }
            }
        }
        #expect(merges == 0)

        var scores = [Float](repeating: 0, count: 6 * 9)
        let normalisations = try scores.withUnsafeMutableBufferPointer { scores in
            try partial.lse.withUnsafeBufferPointer { lse in
                try allocationsOnceWarm { try SoftmaxProbabilities.normalize(scores, lse: lse, keys: 9) }
            }
        }
        #expect(normalisations == 0)
    }

    /// Calls `body` with a block for each way through the kernels.
    private func forEachBlock(
        _ format: FloatFormat, _ body: (BlockShape, BlockAttributes, BlockOperands) throws -> Void
    ) throws {
        // 2 and 4 rows are few, 6 and 26 are not: one register tile, and more than a block of rows. 9 keys are part of
        // a panel, 300 more than a tile.
        for (queries, keys) in [(1, 9), (2, 300), (3, 9), (13, 300)] {
            let shape = try BlockShape(
                queryHeads: 2, kvHeads: 1, queries: queries, keys: keys, headSize: 8, valueHeadSize: 9)
            let sample = BlockSample(shape)
            let q = try format.encoded(sample.q)
            let k = try format.encoded(sample.k)
            let v = try format.encoded(sample.v)
            let biases = [Float](repeating: 0.5, count: queries * keys)
            let booleans = [UInt8](repeating: 1, count: queries * keys)
            let weights = [Float](repeating: 0.5, count: 2 * 8)
            try withBuffers(q, k, v) { q, k, v in
                try withBuffers(biases, booleans, weights) { biases, booleans, weights in
                    let masks: [BlockMask?] = [
                        nil,
                        BlockMask(.boolean(booleans), heads: 1, queries: queries, keys: keys),
                        BlockMask(.additive(biases), heads: 1, queries: queries, keys: keys),
                        // Shorter than the block.
                        BlockMask(.additive(.init(rebasing: biases[..<5])), heads: 1, queries: 1, keys: 5),
                    ]
                    for mask in masks {
                        for scoreWeights in [nil, weights] {
                            let operands = BlockOperands(
                                q: UnsafeRawBufferPointer(q), k: UnsafeRawBufferPointer(k),
                                v: UnsafeRawBufferPointer(v), format: format, mask: mask, scoreWeights: scoreWeights)
                            for attributes in everyAttributes { try body(shape, attributes, operands) }
                        }
                    }
                }
            }
        }
    }

    private var everyAttributes: [BlockAttributes] {
        var all: [BlockAttributes] = []
        for softcap in [0, 2] as [Float] {
            for window in [.all, KeyWindow(first: -2, last: 4)] {
                for precision in [.float32, .float64] as [BlockAttributes.SoftmaxPrecision] {
                    all.append(
                        BlockAttributes(
                            scale: 0.5, softcap: softcap, window: window, softmaxPrecision: precision))
                }
            }
        }
        return all
    }
}

private func withBuffers<A, B, C>(
    _ a: [A], _ b: [B], _ c: [C],
    _ body: (UnsafeBufferPointer<A>, UnsafeBufferPointer<B>, UnsafeBufferPointer<C>) throws -> Void
) rethrows {
    try a.withUnsafeBufferPointer { a in
        try b.withUnsafeBufferPointer { b in
            try c.withUnsafeBufferPointer { c in
                try body(a, b, c)
            }
        }
    }
}

/// Allocations of this thread while `body` runs.
private func allocations(_ body: () throws -> Void) rethrows -> UInt {
    let before = allocations_of_this_thread()
    try body()
    return allocations_of_this_thread() - before
}

/// Allocations of the second of two runs: in the first the workspace may grow, and the runtime remembers the types it
/// has looked up.
private func allocationsOnceWarm(_ body: () throws -> Void) rethrows -> UInt {
    try body()
    return try allocations(body)
}
