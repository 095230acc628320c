// Jobs from request to answer, however they are cut, against the operator's text; see JobInMemory for the way and the
// tolerance.

import Codecs
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

    /// Computes the sample under every cut, and compares all its outputs.
    static func check(_ sample: AttentionSample, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (exact, naive) = (OperatorReference<Double>(sample).answer(), OperatorReference<Float>(sample).answer())
        for limits in cuts {
            let job = try JobInMemory(sample, limits)
            if let deviation = try job.firstDeviation(from: exact, naive) {
                let shards = job.plan.shards.count
                Issue.record("\(sample): \(deviation); \(shards) shards", sourceLocation: sourceLocation)
            }
        }
    }

    // MARK: Cases

    @Test("Heads on their own keys, grouped, and all on one", arguments: [(4, 4), (4, 2), (6, 2), (3, 1)])
    func heads(queryHeads: Int, kvHeads: Int) throws {
        try Self.check(AttentionSample(batch: 2, queryHeads: queryHeads, kvHeads: kvHeads, queries: 9, keys: 21))
        try Self.check(AttentionSample(queryHeads: queryHeads, kvHeads: kvHeads, isPacked: true))
        try Self.check(AttentionSample(queryHeads: queryHeads, kvHeads: kvHeads, queries: 8, keys: 8, isCausal: true))
    }

    @Test("Every small shape")
    func smallShapes() throws {
        for queries in 1...4 {
            for keys in [1, 2, 5] {
                for size in [1, 3] {
                    try Self.check(
                        AttentionSample(queries: queries, keys: keys, headSize: size, valueHeadSize: 4 - size))
                }
            }
        }
    }

    @Test(
        "Tensors of every type; half precision travels as it is, and Y comes back in it",
        arguments: [TensorType.f64, .f32, .f16, .bf16], [false, true])
    func types(type: TensorType, isPacked: Bool) throws {
        try Self.check(AttentionSample(batch: 2, queries: 7, keys: 18, type: type, isPacked: isPacked, isCausal: true))
    }

    @Test("Tensors of different types are computed in F32, and Y has Q's type")
    func mixedTypes() throws {
        try Self.check(AttentionSample(type: .f16, valueType: .f32))
        try Self.check(AttentionSample(type: .f32, valueType: .bf16, isPacked: true))
    }

    @Test(
        "Causality, with more queries than keys and the other way round", arguments: [(9, 9), (3, 12), (12, 3), (1, 6)])
    func causal(queries: Int, keys: Int) throws {
        try Self.check(AttentionSample(queries: queries, keys: keys, isCausal: true))
    }

    @Test("Padding, with and without causality: each batch row has its own end, and its own offset")
    func padding() throws {
        for isCausal in [false, true] {
            for valid: [Int64] in [[7, 7, 7], [0, 1, 7], [3, 6, 2]] {
                try Self.check(AttentionSample(batch: 3, isCausal: isCausal, validKeys: valid))
                try Self.check(
                    AttentionSample(batch: 3, queries: 9, isPacked: true, isCausal: isCausal, validKeys: valid))
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
        try Self.check(AttentionSample(batch: 2, queryHeads: 4, kvHeads: 2, mask: .boolean(shape)))
        try Self.check(AttentionSample(batch: 2, queryHeads: 4, kvHeads: 2, isCausal: true, mask: .float(shape, .f32)))
    }

    @Test("Masks whose last axis is shorter than the keys hide the rest; one of no keys hides all")
    func shortMasks() throws {
        for keys in [0, 1, 4] {
            try Self.check(AttentionSample(mask: .boolean([5, keys])))
            try Self.check(AttentionSample(mask: .float([2, 1, keys], .f32)))
            try Self.check(AttentionSample(isPacked: true, isCausal: true, mask: .float([keys], .f32), validKeys: [6]))
        }
    }

    @Test("Float masks of any type", arguments: [TensorType.f64, .f16, .bf16, .f32])
    func maskTypes(type: TensorType) throws {
        try Self.check(AttentionSample(mask: .float([5, 7], type)))
        try Self.check(AttentionSample(type: .f16, isPacked: true, mask: .float([2, 5, 7], type)))
    }

    @Test("Scales of any sign and size", arguments: [Float(0), -1, 30, 1e-20])
    func scales(scale: Float) throws {
        try Self.check(AttentionSample(keys: 30, scale: scale))
    }

    @Test("Random jobs of everything, by seed", arguments: 0..<50)
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
        sample.leftWindow = pick([nil, nil, 0, 1, 3, 100])
        sample.rightWindow = pick([nil, nil, 0, 2, 100])
        sample.softcap = pick([nil, nil, 0, 0.5, 20])
        sample.softmaxPrecision = pick([nil, 1, 10, 11, 16])
        sample.scoreOutput = pick([nil, .raw, .capped, .biased, .probabilities])
        if pick([false, true]) {
            sample.validKeys = (0..<sample.batch).map { _ in Int64(pick(Array(0...sample.keys))) }
        } else if pick([false, true]) {
            sample.past = pick([0, 1, 5])
        }
        sample.wantsPresent = sample.validKeys == nil && pick([false, true])
        sample.additive = pick([
            nil, nil, .init(hiddenSize: pick([1, 8]), keySize: pick([1, 6]), isPerHead: pick([false, true])),
        ])
        let shape = [
            pick([1, sample.batch]), pick([1, sample.queryHeads]), pick([1, sample.queries]),
            pick([sample.allKeys, 1]),
        ]
        sample.mask = pick([.none, .boolean(shape), .float(shape, sample.type)])
        try Self.check(sample)
    }

    @Test("The same plan gives the same bits, whichever order the results come in")
    func sameBits() throws {
        var sample = AttentionSample(batch: 2, queries: 9, keys: 40, isCausal: true)
        sample.scoreOutput = .probabilities
        let job = try JobInMemory(sample, Self.cuts[4])
        #expect(job.plan.keyRanges > 2)
        #expect(try job.answer().bytes == job.answer(reversed: true).bytes)
    }
}
