// How partials become an output: in block order whatever order they come in, each once, complete only when all came.

import AttnMath
import Codecs
import Compute
@testable import Dispatcher
import Fleet
import Testing

@Suite("Assembly") struct AssemblyTests {
    private let problem = AttentionProblem(
        batch: 1, queryHeads: 2, kvHeads: 1, queryLength: 3, keyLength: 8, headSize: 2, valueHeadSize: 2, scale: 1,
        isCausal: false)

    /// Heads in one range, queries in two, keys in four: eight shards.
    private var plan: AttentionPlan {
        var plan = AttentionPlan(shards: [], blocks: [4, 4], headRanges: 1, queryRanges: 2, keyRanges: 4)
        for (group, queries) in [0..<2, 2..<3].enumerated() {
            for block in 0..<4 {
                plan.shards.append(
                    Shard(
                        batch: 0, heads: 0..<2, queries: queries, keys: 2 * block..<2 * block + 2, block: block,
                        rowGroup: group))
            }
        }
        return plan
    }

    private func partials(_ plan: AttentionPlan) -> [Partial] {
        var random = SeededGenerator(seed: 9)
        return plan.shards.map { shard in
            let rows = shard.heads.count * shard.queries.count
            return Partial(
                output: (0..<rows * 2).map { _ in random.float() },
                lse: (0..<rows).map { _ in Int.random(in: 0..<5, using: &random) == 0 ? -.infinity : 3 * random.float()
                })
        }
    }

    /// Y's bytes, as F32 [1, 2, 3, 2].
    private func output(_ assembly: Assembly) throws -> [Float] {
        var sample = AttentionSample()
        (sample.kvHeads, sample.queries, sample.keys, sample.headSize, sample.valueHeadSize) = (1, 3, 8, 2, 2)
        let payload = try Safetensors.encode(tensors: assembly.sources(for: sample.attention()))
        let file = try Safetensors(parsing: payload)
        return try file.elements(of: file.tensor("Y"), as: Float.self)
    }

    @Test("Partials in any order give the same bits: every order of one row group's, and random ones of all")
    func anyOrder() throws {
        let (plan, partials) = (plan, partials(plan))
        var expected: [Float]?
        var random = SeededGenerator(seed: 4)
        let orders =
            permutations([0, 1, 2, 3]).map { $0 + [4, 5, 6, 7] }
            + (0..<200).map { _ in Array(0..<8).shuffled(using: &random) }
        for order in orders {
            var assembly = Assembly(problem, plan)
            for shard in order {
                #expect(!assembly.isComplete)
                let isTaken = assembly.take(partials[shard], shard: shard)
                #expect(isTaken)
            }
            #expect(assembly.isComplete)
            let bits = try output(assembly)
            #expect(bits == expected ?? bits, "\(order)")
            expected = bits
        }
    }

    @Test("The merge is the merge of the blocks, in their order")
    func mergesInOrder() throws {
        let (plan, partials) = (plan, partials(plan))
        var assembly = Assembly(problem, plan)
        for shard in plan.shards.indices.reversed() { assembly.take(partials[shard], shard: shard) }
        let output = try output(assembly)
        for head in 0..<2 {
            for query in 0..<3 {
                let (group, row) = query < 2 ? (0, head * 2 + query) : (1, head)
                let merged = try (0..<4).reduce(into: (output: [Float](repeating: 0, count: 2), lse: [-Float.infinity]))
                {
                    let partial = partials[4 * group + $1]
                    let (rowOutput, rowLSE) = (Array(partial.output[2 * row..<2 * row + 2]), [partial.lse[row]])
                    try merge(rowOutput, rowLSE, into: &$0.output, &$0.lse)
                }
                #expect(Array(output[(head * 3 + query) * 2..<(head * 3 + query) * 2 + 2]) == merged.output)
            }
        }
    }

    @Test("A partial that comes twice is refused, and changes nothing: before, while held, and after the merge")
    func duplicates() throws {
        let (plan, partials) = (plan, partials(plan))
        var (once, twice) = (Assembly(problem, plan), Assembly(problem, plan))
        for shard in [1, 0, 3, 2, 7, 6, 5, 4] {
            let areTaken = [once.take(partials[shard], shard: shard), twice.take(partials[shard], shard: shard)]
            #expect(areTaken == [true, true])
            for earlier in [1, shard] {
                let isTakenAgain = twice.take(partials[0], shard: earlier)
                #expect(!isTakenAgain)
            }
            #expect(once.taken == twice.taken)
        }
        #expect(once.isComplete && twice.isComplete)
        #expect(try output(once) == output(twice))
    }

    @Test("It is complete with all shards and not with any one missing")
    func exactCoverage() {
        let (plan, partials) = (plan, partials(plan))
        for missing in plan.shards.indices {
            var assembly = Assembly(problem, plan)
            for shard in plan.shards.indices where shard != missing { assembly.take(partials[shard], shard: shard) }
            #expect(!assembly.isComplete)
            #expect(assembly.taken == 7)
            assembly.take(partials[missing], shard: missing)
            #expect(assembly.isComplete)
        }
    }

    @Test("Rows that see no key are complete from the start, and zero")
    func noShards() throws {
        let empty = AttentionPlan(shards: [], blocks: [0, 0], headRanges: 1, queryRanges: 2, keyRanges: 1)
        let assembly = Assembly(problem, empty)
        #expect(assembly.isComplete)
        #expect(try output(assembly) == Array(repeating: 0, count: 12))
    }

    private func merge(
        _ output: [Float], _ lse: [Float], into all: inout [Float], _ allLSE: inout [Float]
    ) throws {
        try output.withUnsafeBufferPointer { output in
            try lse.withUnsafeBufferPointer { lse in
                try all.withUnsafeMutableBufferPointer { all in
                    try allLSE.withUnsafeMutableBufferPointer { allLSE in
                        try PartialMerge.merge(output, lse: lse, into: all, lse: allLSE, valueHeadSize: output.count)
                    }
                }
            }
        }
    }

    private func permutations(_ elements: [Int]) -> [[Int]] {
        elements.isEmpty
            ? [[]]
            : elements.flatMap { first in permutations(elements.filter { $0 != first }).map { [first] + $0 } }
    }
}

@Suite("Validation of partials") struct PartialValidationTests {
    private let shard = Shard(batch: 0, heads: 0..<2, queries: 1..<4, keys: 0..<5, block: 0, rowGroup: 0)
    private let problem = AttentionProblem(
        batch: 1, queryHeads: 2, kvHeads: 1, queryLength: 4, keyLength: 5, headSize: 8, valueHeadSize: 7, scale: 1,
        isCausal: false)

    private func partial(_ tensors: [(String, TensorType, [Int])], _ output: ScoreOutput? = nil) throws -> Partial {
        var problem = problem
        problem.scoreOutput = output
        let sources = tensors.map { tensor in
            TensorSource(tensor.0, tensor.1, shape: tensor.2) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
        }
        return try Partial(Safetensors(parsing: Safetensors.encode(tensors: sources)), for: shard, of: problem)
    }

    @Test("O and lse of the shard's shape, in F32, are taken; anything else in the file is left")
    func good() throws {
        let partial = try partial([("O", .f32, [2, 3, 7]), ("lse", .f32, [2, 3]), ("extra", .i8, [3])])
        #expect(partial.output.count == 42 && partial.lse.count == 6)
    }

    @Test("Scores are part of the partial if they are wanted, and else left")
    func scores() throws {
        let tensors: [(String, TensorType, [Int])] = [
            ("O", .f32, [2, 3, 7]), ("lse", .f32, [2, 3]), ("qk_matmul_output", .f32, [2, 3, 5]),
        ]
        #expect(try partial(tensors).scores == nil)
        #expect(try partial(tensors, .biased).scores?.count == 30)
        #expect(throws: InvalidPartial.self) { try partial(Array(tensors[..<2]), .raw) }
        for (type, shape) in [(TensorType.f32, [2, 3, 4]), (.f32, [30]), (.f16, [2, 3, 5])] {
            #expect(throws: InvalidPartial.self) {
                try partial(tensors[..<2] + [("qk_matmul_output", type, shape)], .probabilities)
            }
        }
        #expect(Partial(output: [0], lse: [0], scores: [0, -.infinity]).isFinite)
        for number in [Float.nan, .infinity] { #expect(!Partial(output: [0], lse: [0], scores: [0, number]).isFinite) }
    }

    @Test("Another shape or type, or a missing tensor, is no partial of the shard")
    func bad() {
        let o = ("O", TensorType.f32, [2, 3, 7])
        let lse = ("lse", TensorType.f32, [2, 3])
        let cases: [[(String, TensorType, [Int])]] = [
            [], [o], [lse], [("O", .f32, [2, 3, 8]), lse], [("O", .f32, [3, 2, 7]), lse], [("O", .f32, [42]), lse],
            [("O", .f16, [2, 3, 7]), lse], [("O", .f64, [2, 3, 7]), lse], [o, ("lse", .f32, [6])],
            [o, ("lse", .f32, [2, 3, 1])], [o, ("lse", .i32, [2, 3])], [("O", .f32, [0, 3, 7]), lse],
        ]
        for tensors in cases { #expect(throws: InvalidPartial.self, "\(tensors)") { try partial(tensors) } }
    }

    @Test("A partial of finite inputs is finite, but for the lse of rows that see nothing")
    func finite() {
        #expect(Partial(output: [0, 1], lse: [-.infinity]).isFinite)
        for number in [Float.nan, .infinity, -.infinity] {
            #expect(!Partial(output: [0, number], lse: [0]).isFinite)
        }
        for number in [Float.nan, .infinity] { #expect(!Partial(output: [0, 1], lse: [number]).isFinite) }
    }

    @Test("A number that is not finite is found wherever it stands", arguments: 1...20)
    func finiteAtEveryPlace(count: Int) {
        // Large enough that a sum of them would not be finite.
        let finite = [Float](repeating: .greatestFiniteMagnitude, count: count)
        #expect(Partial(output: finite, lse: finite, scores: finite).isFinite)
        for place in 0..<count {
            for number in [Float.nan, .infinity, -.infinity] {
                var numbers = finite
                numbers[place] = number
                let isBelow = number == -.infinity
                #expect(!Partial(output: numbers, lse: finite).isFinite, "\(place)")
                #expect(Partial(output: finite, lse: numbers).isFinite == isBelow, "\(place)")
                #expect(Partial(output: finite, lse: finite, scores: numbers).isFinite == isBelow, "\(place)")
            }
        }
    }
}
