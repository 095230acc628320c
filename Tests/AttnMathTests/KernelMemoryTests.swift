import AttnMath
import Testing

@Suite("The kernel writes what it is asked for, and keeps nothing from call to call")
struct KernelMemoryTests {
    @Test("heads computed one by one, in groups or all at once agree", arguments: kernels.map(\.variant))
    func headRanges(variant: KernelVariant) throws {
        let kernel = try AttentionKernel(variant)
        let shape = try BlockShape(queryHeads: 6, kvHeads: 2, queries: 9, keys: 40, headSize: 8, valueHeadSize: 8)
        let sample = BlockSample(shape, causalOffset: 20)
        let whole = try sample.attended(by: kernel)
        for split in 0...6 {
            let first = try sample.attended(by: kernel, heads: 0..<split)
            let second = try sample.attended(by: kernel, heads: split..<6)
            let row = split * 9
            #expect(Array(first.lse[..<row] + second.lse[row...]) == whole.lse)
            #expect(Array(first.output[..<(row * 8)] + second.output[(row * 8)...]) == whole.output)
            #expect(first.lse[row...].allSatisfy { $0.isNaN } && second.output[..<(row * 8)].allSatisfy { $0.isNaN })
        }
    }

    @Test(
        "a workspace used for one shape serves every other, and gives the same bits", arguments: kernels.map(\.variant))
    func workspaceReuse(variant: KernelVariant) throws {
        let kernel = try AttentionKernel(variant)
        var workspace = Workspace()
        var sizes: [Int] = []
        for (queries, keys, headSize) in [(7, 300, 40), (1, 3, 5), (13, 30, 8), (2, 700, 64)] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: keys, headSize: headSize, valueHeadSize: headSize)
            let sample = BlockSample(shape)
            var partial = FloatPartial(unwritten: shape)
            try sample.withOperands { operands in
                try partial.withResult {
                    try kernel.attend(shape, sample.attributes, operands, into: $0, workspace: &workspace)
                }
            }
            #expect(try partial == sample.attended(by: kernel))
            sizes.append(workspace.byteCount)
        }
        #expect(sizes[1] == sizes[0] && sizes[2] == sizes[0] && sizes[3] > sizes[0])
    }

    @Test("its workspace is as small as documented, however many keys there are", arguments: kernels.map(\.variant))
    func workspaceSize(variant: KernelVariant) throws {
        let kernel = try AttentionKernel(variant)
        for (queries, keys, headSize, valueHeadSize) in [(1, 4096, 64, 3), (40, 400, 1, 1), (13, 700, 5, 17)] {
            let shape = try BlockShape(
                queryHeads: 1, kvHeads: 1, queries: queries, keys: keys, headSize: headSize,
                valueHeadSize: valueHeadSize)
            let sample = BlockSample(shape)
            var partial = FloatPartial(unwritten: shape)
            var workspace = Workspace()
            try sample.withOperands { operands in
                try partial.withResult {
                    try kernel.attend(shape, sample.attributes, operands, into: $0, workspace: &workspace)
                }
            }
            #expect(workspace.byteCount <= 1584 * (headSize + valueHeadSize) + 12 * queries + 44 * 1024)
        }
    }
}
