// A job without a fleet: request, plan, tasks as bytes, blocks, results as bytes, assembly, answer; against the oracle.
//
// The tolerance follows the design: an answer may be twice as far from the exact one as the obvious float32 way, and
// a little more where that is exact by luck, all over the largest value |v|, since every output is a mean of values:
// 8 roundings of its own, and with each merge one rounding of O and one of the weights, whose exponents are known to
// ε·|lse| each. Half-precision outputs are rounded once more, by half a unit in the last place.

import AttnMath
import Codecs
import Compute
@testable import Dispatcher
import Fleet
import Testing

@Suite("Jobs end to end, in memory") struct EndToEndTests {
    /// How a plan is asked for.
    static let cuts: [PlanLimits] = [
        PlanLimits(slots: 1),
        PlanLimits(slots: 3, smallestFlops: 0),
        PlanLimits(slots: 16, smallestFlops: 0),
        // Small messages: queries and keys are cut down to a few.
        PlanLimits(slots: 1, messageBytes: 600, smallestFlops: 0),
        PlanLimits(slots: 1, messageBytes: 200, smallestFlops: 0),
    ]

    private func check(_ sample: AttentionSample, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (exact, naive) = (try sample.exact(), try sample.naive())
        for var limits in Self.cuts {
            let attention = try sample.attention()
            limits.elementBytes = attention.wireType.byteWidth
            let plan = try planAttention(attention.problem, limits: limits)
            let got = try answer(attention, plan)
            if let deviation = firstDeviation(got, exact, naive, sample, blocks: plan.blocks.max() ?? 0) {
                Issue.record("\(sample): \(deviation); \(plan.shards.count) shards", sourceLocation: sourceLocation)
            }
        }
    }

    // MARK: Cases

    @Test("Heads on their own keys, grouped, and all on one", arguments: [(4, 4), (4, 2), (6, 2), (3, 1)])
    func heads(queryHeads: Int, kvHeads: Int) throws {
        try check(AttentionSample(batch: 2, queryHeads: queryHeads, kvHeads: kvHeads, queries: 9, keys: 21))
        try check(AttentionSample(queryHeads: queryHeads, kvHeads: kvHeads, isPacked: true))
        try check(AttentionSample(queryHeads: queryHeads, kvHeads: kvHeads, queries: 8, keys: 8, isCausal: true))
    }

    @Test("Every small shape")
    func smallShapes() throws {
        for queries in 1...4 {
            for keys in [1, 2, 5] {
                for size in [1, 3] {
                    try check(AttentionSample(queries: queries, keys: keys, headSize: size, valueHeadSize: 4 - size))
                }
            }
        }
    }

    @Test(
        "Tensors of every type; half precision travels as it is, and Y comes back in it",
        arguments: [TensorType.f64, .f32, .f16, .bf16], [false, true])
    func types(type: TensorType, isPacked: Bool) throws {
        try check(AttentionSample(batch: 2, queries: 7, keys: 18, type: type, isPacked: isPacked, isCausal: true))
    }

    @Test("Tensors of different types are computed in F32, and Y has Q's type")
    func mixedTypes() throws {
        try check(AttentionSample(type: .f16, valueType: .f32))
        try check(AttentionSample(type: .f32, valueType: .bf16, isPacked: true))
    }

    @Test(
        "Causality, with more queries than keys and the other way round", arguments: [(9, 9), (3, 12), (12, 3), (1, 6)])
    func causal(queries: Int, keys: Int) throws {
        try check(AttentionSample(queries: queries, keys: keys, isCausal: true))
    }

    @Test("Padding, with and without causality: each batch row has its own end, and its own offset")
    func padding() throws {
        for isCausal in [false, true] {
            for valid: [Int64] in [[7, 7, 7], [0, 1, 7], [3, 6, 2]] {
                try check(AttentionSample(batch: 3, isCausal: isCausal, validKeys: valid))
                try check(AttentionSample(batch: 3, queries: 9, isPacked: true, isCausal: isCausal, validKeys: valid))
            }
        }
    }

    @Test(
        "Masks of 1 to 4 axes, boolean and float, whole and repeated along any axis",
        arguments: [
            [7], [5, 7], [1, 7], [4, 5, 7], [1, 1, 7], [4, 1, 7], [2, 4, 5, 7], [1, 4, 5, 7], [2, 1, 5, 7],
            [2, 4, 1, 7],
            [2, 1, 1, 7],
        ])
    func masks(shape: [Int]) throws {
        try check(AttentionSample(batch: 2, queryHeads: 4, kvHeads: 2, mask: .boolean(shape)))
        try check(AttentionSample(batch: 2, queryHeads: 4, kvHeads: 2, isCausal: true, mask: .float(shape, .f32)))
    }

    @Test("Masks whose last axis is shorter than the keys hide the rest; one of no keys hides all")
    func shortMasks() throws {
        for keys in [0, 1, 4] {
            try check(AttentionSample(mask: .boolean([5, keys])))
            try check(AttentionSample(mask: .float([2, 1, keys], .f32)))
            try check(AttentionSample(isPacked: true, isCausal: true, mask: .float([keys], .f32), validKeys: [6]))
        }
    }

    @Test("Float masks of any type", arguments: [TensorType.f64, .f16, .bf16, .f32])
    func maskTypes(type: TensorType) throws {
        try check(AttentionSample(mask: .float([5, 7], type)))
        try check(AttentionSample(type: .f16, isPacked: true, mask: .float([2, 5, 7], type)))
    }

    @Test("Scales of any sign and size", arguments: [Float(0), -1, 30, 1e-20])
    func scales(scale: Float) throws {
        try check(AttentionSample(keys: 30, scale: scale))
    }

    @Test("Random jobs, by seed", arguments: 0..<40)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: elements.indices, using: &random)]
        }
        var sample = AttentionSample(seed: seed)
        sample.batch = pick([1, 1, 2, 3])
        sample.kvHeads = pick([1, 2, 3])
        sample.queryHeads = sample.kvHeads * pick([1, 2, 3])
        sample.queries = pick([1, 4, 11])
        sample.keys = pick([1, 6, 19])
        sample.headSize = pick([1, 5, 16])
        sample.valueHeadSize = pick([1, 4, 9])
        sample.type = pick([.f32, .f32, .f16, .bf16, .f64])
        sample.isPacked = pick([false, true])
        sample.isCausal = pick([false, true])
        if pick([false, true]) {
            sample.validKeys = (0..<sample.batch).map { _ in Int64(pick(Array(0...sample.keys))) }
        }
        let shape = [
            pick([1, sample.batch]), pick([1, sample.queryHeads]), pick([1, sample.queries]), pick([sample.keys, 1]),
        ]
        sample.mask = pick([.none, .boolean(shape), .float(shape, sample.type)])
        try check(sample)
    }

    @Test("The same plan gives the same bits, whichever order the results come in")
    func sameBits() throws {
        let attention = try AttentionSample(batch: 2, queries: 9, keys: 40, isCausal: true).attention()
        let plan = try planAttention(attention.problem, limits: Self.cuts[4])
        #expect(plan.keyRanges > 2)
        #expect(try answer(attention, plan) == answer(attention, plan, reversed: true))
    }

    // MARK: The way of a job

    private func answer(_ attention: AttentionRequest, _ plan: AttentionPlan, reversed: Bool = false) throws -> [Float]
    {
        var assembly = Assembly(attention.problem, plan)
        var workspace = Workspace()
        for index in reversed ? plan.shards.indices.reversed() : Array(plan.shards.indices) {
            let partial = try compute(index, attention, plan, &workspace)
            #expect(partial.isFinite)
            assembly.take(partial, shard: index)
        }
        #expect(assembly.isComplete)
        let payload = try JobAnswer.encode(job: "j", status: .done, tensors: [assembly.source(for: attention)])
        let file = try #require(try JobAnswer(decoding: payload).tensors)
        let y = try file.tensor("Y")
        #expect(y.type == attention.q.tensor.type)
        let problem = attention.problem
        #expect(
            y.shape
                == (attention.q.isPacked
                    ? [problem.batch, problem.queryLength, problem.queryHeads * problem.valueHeadSize]
                    : [problem.batch, problem.queryHeads, problem.queryLength, problem.valueHeadSize]))
        return try decode(file.bytes[y.byteRange], y.type)
    }

    /// One shard, over the bytes of a task and of its result.
    private func compute(
        _ index: Int, _ attention: AttentionRequest, _ plan: AttentionPlan, _ workspace: inout Workspace
    ) throws -> Partial {
        let header = TaskHeader(
            job: try #require(JobID("j")), shard: index, attempt: 1, lease: LeaseToken(epoch: 1, number: 1),
            incarnation: Incarnation(1))
        let shard = plan.shards[index]
        let task = try TaskMessage(decoding: attention.encodeTask(header, for: shard))
        guard case .done(let partial) = BlockComputation(task, kernel: .best, cancel: CancelFlag()).run(&workspace)
        else { throw JobError(.shardFailed, "\(shard)") }
        let result = try ResultMessage(
            decoding: ResultMessage.encodeDone(
                task.header, queued: .zero, compute: .zero, tensors: partial.sources(for: task)))
        return try Partial(try #require(result.tensors), for: shard, of: attention.problem)
    }

    // MARK: The comparison

    private func firstDeviation(
        _ got: [Float], _ exact: AttentionSample.Answer<Double>, _ naive: [Float], _ sample: AttentionSample,
        blocks: Int
    ) -> String? {
        let shape = (sample.queryHeads, sample.queries, sample.valueHeadSize)
        let (expected, rough) =
            sample.isPacked
            ? (
                sample.packed(exact.output, heads: shape.0, length: shape.1, size: shape.2),
                sample.packed(naive, heads: shape.0, length: shape.1, size: shape.2)
            ) : (exact.output, naive)
        guard got.count == expected.count else { return "\(got.count) elements, not \(expected.count)" }
        let epsilon = 0x1p-24
        let naiveError = zip(rough, expected).map { (Double($0) - $1).magnitude }.max() ?? 0
        // Values are within -1 ..< 1.
        let largestLSE = exact.lse.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
        let bound = 2 * naiveError + epsilon * (8 + Double(blocks) * (2 + 2 * largestLSE))
        for (index, (value, exactValue)) in zip(got, expected).enumerated() {
            let rounding = halfUnit(of: exactValue.magnitude + bound, sample.type)
            guard (Double(value) - exactValue).magnitude <= bound + rounding else {
                return "element \(index) is \(value), exactly \(exactValue), bound \(bound + rounding)"
            }
        }
        return nil
    }

    /// At most half a unit in the last place of a number of that size: 11 and 8 significant bits.
    private func halfUnit(of magnitude: Double, _ type: TensorType) -> Double {
        switch type {
        case .f16: max(magnitude * 0x1p-11, 0x1p-25)
        case .bf16: magnitude * 0x1p-8
        default: 0
        }
    }
}
