// Each feature of the operators by itself, end to end under every cut: the past, windows, softcap, scores, additive scores.

import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("Features of the operators, end to end") struct OperatorFeatureTests {
    private func check(_ sample: AttentionSample, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try EndToEndTests.check(sample, sourceLocation: sourceLocation)
    }

    // MARK: The past

    @Test("New keys come after the past, in 3 and 4 axes, and the present is both", arguments: [0, 1, 6])
    func past(length: Int) throws {
        for isPacked in [false, true] {
            for isCausal in [false, true] {
                var sample = AttentionSample(
                    batch: 2, queryHeads: 4, kvHeads: 2, queries: 3, keys: 3, isPacked: isPacked, isCausal: isCausal)
                (sample.past, sample.wantsPresent) = (length, true)
                try check(sample)
                sample.mask = .float([3, length + 3], .f32)
                try check(sample)
            }
        }
    }

    @Test("One query on a long past: decoding", arguments: [TensorType.f32, .f16, .bf16])
    func decoding(type: TensorType) throws {
        var sample = AttentionSample(queryHeads: 6, kvHeads: 2, queries: 1, keys: 1, type: type, isCausal: true)
        sample.past = 40
        try check(sample)
        (sample.leftWindow, sample.scoreOutput) = (8, .probabilities)
        try check(sample)
    }

    @Test("Without a past, the present is K and V with 4 axes, each in its own type")
    func presentAlone() throws {
        var sample = AttentionSample(type: .bf16, valueType: .f64, isPacked: true)
        sample.wantsPresent = true
        try check(sample)
    }

    // MARK: Windows

    @Test("Every small window, with and without causality")
    func windows() throws {
        for left in [nil, 0, 1, 3, 9] {
            for right in [nil, 0, 2, 9] {
                for isCausal in [false, true] {
                    var sample = AttentionSample(queries: 6, keys: 7, isCausal: isCausal)
                    (sample.leftWindow, sample.rightWindow) = (left, right)
                    try check(sample)
                }
            }
        }
    }

    @Test("A window goes along with the past, and with each batch row's padding, to before the first key too")
    func windowOffsets() throws {
        for (left, right) in [(0, 0), (2, 1), (1, nil), (nil, 1)] as [(Int?, Int?)] {
            var sample = AttentionSample(batch: 3, queries: 5, keys: 9)
            (sample.leftWindow, sample.rightWindow) = (left, right)
            sample.past = 4
            try check(sample)
            sample.past = nil
            // Offsets -5, -2 and 4: more queries than keys, and fewer.
            sample.validKeys = [0, 3, 9]
            try check(sample)
            sample.mask = .boolean([5, 6])
            try check(sample)
        }
    }

    @Test("Many queries, of which the last have passed all keys, in both precisions of softmax", arguments: [1, 11])
    func windowBehind(precision: Int) throws {
        var sample = AttentionSample(queries: 40, keys: 20, type: .f16, isCausal: true, mask: .boolean([40, 20]))
        (sample.leftWindow, sample.softmaxPrecision) = (3, precision)
        try check(sample)
        (sample.leftWindow, sample.rightWindow, sample.isCausal, sample.validKeys) = (nil, 0, false, [18])
        try check(sample)
    }

    @Test("Windows far larger than any position are none", arguments: [Int.max, Int.max - 1, 1 << 40])
    func hugeWindows(size: Int) throws {
        var sample = AttentionSample(isCausal: true, validKeys: [2])
        (sample.leftWindow, sample.rightWindow) = (size, size)
        try check(sample)
    }

    // MARK: Scores

    @Test("A softcap bends scores before the mask", arguments: [Float(0), 0.1, 1, 50, 1e30])
    func softcap(softcap: Float) throws {
        var sample = AttentionSample(queryHeads: 4, keys: 20, scale: 4, mask: .float([5, 20], .f32))
        sample.softcap = softcap
        try check(sample)
        (sample.isCausal, sample.type) = (true, .f16)
        try check(sample)
    }

    @Test(
        "Scores of each mode, hidden keys and rows included",
        arguments: [ScoreOutput.raw, .capped, .biased, .probabilities])
    func scores(output: ScoreOutput) throws {
        var sample = AttentionSample(batch: 2, queryHeads: 4, kvHeads: 2, isCausal: true)
        (sample.scoreOutput, sample.softcap) = (output, 0.7)
        try check(sample)
        sample.validKeys = [0, 4]
        try check(sample)
        (sample.mask, sample.leftWindow) = (.boolean([4, 5, 6]), 1)
        try check(sample)
        (sample.isCausal, sample.isPacked, sample.type) = (false, true, .bf16)
        try check(sample)
        sample.mask = .float([2, 1, 5, 3], .f32)
        try check(sample)
    }

    @Test("Scores without a softcap are the same raw and capped, and the softcap is not in raw ones")
    func rawScores() throws {
        func scores(_ output: ScoreOutput, softcap: Float?) throws -> [UInt8] {
            var sample = AttentionSample()
            (sample.scoreOutput, sample.softcap) = (output, softcap)
            let file = try JobInMemory(sample, PlanLimits(slots: 1)).answer()
            return Array(file.bytes[try file.tensor("qk_matmul_output").byteRange])
        }
        let raw = try scores(.raw, softcap: nil)
        #expect(try scores(.capped, softcap: nil) == raw)
        #expect(try scores(.raw, softcap: 0.5) == raw)
        #expect(try scores(.capped, softcap: 0.5) != raw)
    }

    @Test("Probabilities of a row sum up to 1, however its keys are cut, and to 0 if it sees none")
    func probabilities() throws {
        var sample = AttentionSample(queries: 6, keys: 30, isCausal: true, validKeys: [4])
        sample.scoreOutput = .probabilities
        for limits in EndToEndTests.cuts {
            let file = try JobInMemory(sample, limits).answer()
            let numbers = try file.elements(of: file.tensor("qk_matmul_output"), as: Float.self)
            for row in 0..<numbers.count / 30 {
                let sum = numbers[row * 30..<(row + 1) * 30].reduce(0, +)
                // Two of six queries lie before the first of 4 keys.
                #expect(row % 6 < 2 ? sum == 0 : abs(sum - 1) < 1e-5)
            }
        }
    }

    @Test("A query of NaN makes its own row NaN, hidden keys too, and no other, however the job is cut")
    func notANumber() throws {
        let payload = try Safetensors.encode(
            metadata: ["job": "j", "is_causal": "1", "outputs": "Y,qk_matmul_output", "qk_matmul_output_mode": "3"],
            tensors: [
                TensorSource("Q", .f32, shape: [1, 1, 3, 1], [Float]([1, .nan, 2])),
                TensorSource("K", .f32, shape: [1, 1, 6, 1], [Float](repeating: 1, count: 6)),
                TensorSource("V", .f32, shape: [1, 1, 6, 1], [Float](repeating: 1, count: 6)),
            ])
        for limits in EndToEndTests.cuts + [PlanLimits(slots: 1, messageBytes: 24, smallestFlops: 0)] {
            let file = try JobInMemory(try AttentionRequest(JobRequest(decoding: payload)), limits).answer()
            let isNaN = try file.elements(of: file.tensor("Y"), as: Float.self).map(\.isNaN)
            #expect(isNaN == [false, true, false])
            let scores = try file.elements(of: file.tensor("qk_matmul_output"), as: Float.self)
            #expect(scores.indices.allSatisfy { scores[$0].isNaN == ($0 / 6 == 1) })
        }
    }

    @Test("Softmax in every precision", arguments: [1, 10, 11, 16])
    func softmaxPrecision(precision: Int) throws {
        var sample = AttentionSample(keys: 30, scale: 3)
        sample.softmaxPrecision = precision
        try check(sample)
        (sample.scoreOutput, sample.type) = (.probabilities, .f64)
        try check(sample)
    }

    // MARK: Additive scores

    @Test("Weights for all heads or for each, grouped heads, keys of another size", arguments: [false, true])
    func additive(isPerHead: Bool) throws {
        for (queryHeads, kvHeads) in [(1, 1), (4, 2), (3, 1)] {
            for hiddenSize in [1, 5, 16] {
                var sample = AttentionSample(batch: 2, queryHeads: queryHeads, kvHeads: kvHeads, queries: 6, keys: 9)
                sample.additive = .init(hiddenSize: hiddenSize, keySize: 3, isPerHead: isPerHead)
                try check(sample)
                sample.isPacked = true
                try check(sample)
            }
        }
    }

    @Test("Additive scores with masks, causality, windows, padding, past, softcap and scores")
    func additiveFeatures() throws {
        var sample = AttentionSample(queryHeads: 4, isCausal: true, scale: 1.5, mask: .boolean([5, 7]))
        (sample.additive, sample.softcap, sample.scoreOutput) = (.init(), 1, .biased)
        try check(sample)
        (sample.leftWindow, sample.validKeys, sample.scoreOutput) = (2, [4], .raw)
        try check(sample)
        sample = AttentionSample(type: .f16, isPacked: true, isCausal: true, scale: -2)
        (sample.additive, sample.past, sample.wantsPresent) = (.init(isPerHead: true), 3, true)
        sample.scoreOutput = .probabilities
        try check(sample)
    }

    @Test("With identities for weights it is Keras's AdditiveAttention: scores are sums of w · tanh(q + k)")
    func keras() throws {
        let identity: [Float] = [1, 0, 0, 1]
        let (q, k, w): ([Float], [Float], [Float]) = ([0.3, -2], [1, 0.25, -0.5, 4], [0.75, -1.5])
        let payload = try Safetensors.encode(
            metadata: [
                "job": "j", "op": "AdditiveAttention", "outputs": "qk_matmul_output", "qk_matmul_output_mode": "0",
            ],
            tensors: [
                TensorSource("Q", .f32, shape: [1, 1, 1, 2], q), TensorSource("K", .f32, shape: [1, 1, 2, 2], k),
                TensorSource("V", .f32, shape: [1, 1, 2, 1], [Float](repeating: 0, count: 2)),
                TensorSource("W_query", .f32, shape: [2, 2], identity),
                TensorSource("W_key", .f32, shape: [2, 2], identity), TensorSource("w_score", .f32, shape: [2], w),
            ])
        let file = try JobInMemory(try AttentionRequest(JobRequest(decoding: payload)), PlanLimits(slots: 1)).answer()
        #expect(file.tensors.map(\.name) == ["qk_matmul_output"])
        let scores = try file.elements(of: file.tensor("qk_matmul_output"), as: Float.self)
        for key in 0..<2 {
            let exact = (0..<2).reduce(0.0) {
                $0 + Double(w[$1]) * Double.hyperbolicTangent(Double(q[$1]) + Double(k[2 * key + $1]))
            }
            #expect(abs(Double(scores[key]) - exact) < 4 * 0x1p-24 * 2.25)
        }
    }
}
