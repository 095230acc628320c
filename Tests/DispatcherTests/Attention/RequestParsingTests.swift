// What is an ONNX Attention request, what is not, and what is one that is not done yet.

import AttnMath
import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("Attention requests") struct RequestParsingTests {
    /// The error that a request is refused with; nil if it is taken.
    private func refusal(of payload: [UInt8]) throws -> JobError? {
        do throws(JobError) {
            _ = try AttentionRequest(JobRequest(decoding: payload))
            return nil
        } catch { return error }
    }

    private func zeros(_ name: String, _ type: TensorType, _ shape: [Int]) -> TensorSource {
        TensorSource(name, type, shape: shape) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    /// A request of zeros with these shapes.
    private func request(
        q: [Int] = [2, 4, 3, 8], k: [Int] = [2, 2, 5, 8], v: [Int] = [2, 2, 5, 6],
        types: [TensorType] = [.f32, .f32, .f32], _ metadata: [String: String] = [:], _ more: [TensorSource] = []
    ) throws -> [UInt8] {
        try Safetensors.encode(
            metadata: metadata.merging(["job": "j"]) { $1 },
            tensors: [zeros("Q", types[0], q), zeros("K", types[1], k), zeros("V", types[2], v)] + more)
    }

    // MARK: What is taken

    @Test("Four axes: the sizes are read off the shapes, and the scale is 1/√(head size)")
    func fourAxes() throws {
        let attention = try AttentionRequest(JobRequest(decoding: request()))
        #expect(
            attention.problem
                == AttentionProblem(
                    batch: 2, queryHeads: 4, kvHeads: 2, queryLength: 3, keyLength: 5, headSize: 8, valueHeadSize: 6,
                    scale: 1 / Float(8).squareRoot(), isCausal: false))
        #expect(attention.problem.group == 2)
        #expect(attention.wireType == .f32 && attention.outputType == .f32)
    }

    @Test("Three axes: the heads are attributes")
    func threeAxes() throws {
        let heads = ["q_num_heads": "4", "kv_num_heads": "2"]
        let payload = try request(q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12], heads)
        let four = try AttentionRequest(JobRequest(decoding: request())).problem
        #expect(try AttentionRequest(JobRequest(decoding: payload)).problem == four)
        #expect(try refusal(of: request(heads)) == nil, "with four axes they may be said again")
    }

    @Test("Attributes are read as ONNX writers write them")
    func attributes() throws {
        for (text, isCausal) in ["1": true, "true": true, "True": true, "0": false, "false": false, "False": false] {
            let problem = try AttentionRequest(JobRequest(decoding: request(["is_causal": text]))).problem
            #expect(problem.isCausal == isCausal)
        }
        let scaled = try AttentionRequest(JobRequest(decoding: request(["scale": "-2.5e-1"]))).problem
        #expect(scaled.scale == -0.25)
    }

    @Test("Attributes that say what is done anyway are taken, and so is metadata that is none of the operator's")
    func defaults() throws {
        let payload = try request([
            "softcap": "0", "left_window_size": "-1", "right_window_size": "-1", "qk_matmul_output_mode": "3",
            "softmax_precision": "1", "outputs": "Y", "op": "Attention", "durable": "0", "format": "pt",
            "producer_name": "x", "space": "y", "head": "z",
        ])
        #expect(try AttentionRequest(JobRequest(decoding: payload)).problem == problem([:]))
    }

    private func problem(_ metadata: [String: String], _ more: [TensorSource] = []) throws -> AttentionProblem {
        try AttentionRequest(JobRequest(decoding: request(metadata, more))).problem
    }

    @Test("Softcap and windows are read; windows beyond every position are cut to where they hide nothing")
    func softcapAndWindows() throws {
        let problem = try problem(["softcap": "3e1", "left_window_size": "0", "right_window_size": "2"])
        #expect(problem.softcap == 30 && problem.leftWindow == 0 && problem.rightWindow == 2)
        let huge = try self.problem([
            "left_window_size": String(Int.max), "right_window_size": "9223372036854775807",
        ])
        #expect(huge.leftWindow == 8 && huge.rightWindow == 8)
        #expect(huge.visibleKeys(batch: 0, queries: 0..<1) == 0..<5)
    }

    @Test("Softmax is computed in double if that is asked for, else in float32, which is no less than the rest")
    func precision() throws {
        for (text, precision) in ["1": .float32, "10": .float32, "16": .float32, "11": .float64]
            as [String: BlockAttributes.SoftmaxPrecision]
        { #expect(try problem(["softmax_precision": text]).softmaxPrecision == precision) }
    }

    @Test("The mode says what qk_matmul_output holds, if it is wanted")
    func modes() throws {
        for (text, output) in ["0": .raw, "1": .capped, "2": .biased, "3": .probabilities] as [String: ScoreOutput] {
            #expect(try problem(["qk_matmul_output_mode": text]).scoreOutput == nil)
            let wanted = try problem(["qk_matmul_output_mode": text, "outputs": "Y, qk_matmul_output"])
            #expect(wanted.scoreOutput == output)
        }
        #expect(try problem(["outputs": "qk_matmul_output"]).scoreOutput == .raw)
    }

    @Test("The past comes before the new keys, and its length is the offset")
    func past() throws {
        for length in [0, 1, 9] {
            let problem = try problem([:], past(length))
            #expect(problem.keyLength == length + 5 && problem.pastLength == length)
            #expect(problem.offset(batch: 1) == length)
        }
        let mask = zeros("attn_mask", .bool, [4, 3, 14])
        #expect(try problem([:], past(9) + [mask]).mask?.keys == 14)
    }

    private func past(_ length: Int) -> [TensorSource] {
        [zeros("past_key", .f32, [2, 2, length, 8]), zeros("past_value", .f32, [2, 2, length, 6])]
    }

    @Test("Present outputs and scores count in what a job is charged for, and in its answer")
    func outputBytes() throws {
        func bytes(_ outputs: String, type: TensorType = .f32) throws -> [Int] {
            let payload = try request(types: [type, .f32, .f16], ["outputs": outputs])
            let attention = try AttentionRequest(JobRequest(decoding: payload))
            return [attention.problem.outputBytes, attention.answerBytes]
        }
        // Y has 2 × 4 × 3 × 6 elements, qk_matmul_output 2 × 4 × 3 × 5, K 2 × 2 × 5 × 8, V 2 × 2 × 5 × 6.
        #expect(try bytes("Y") == [576, 576])
        #expect(try bytes("Y", type: .f16) == [576, 288])
        #expect(try bytes("Y,Y,qk_matmul_output") == [576 + 480, 576 + 480])
        #expect(try bytes("qk_matmul_output", type: .f64) == [576 + 480, 960])
        #expect(try bytes("Y,present_key") == [576 + 640, 576 + 640])
        #expect(try bytes("present_value") == [576 + 240, 240])
    }

    @Test("Additive weights are for all heads, or for each; the scale is 1 unless it is said")
    func additive() throws {
        let shared = try AttentionRequest(JobRequest(decoding: additive([:]))).problem
        #expect(
            shared.scoring
                == .additive(
                    AdditiveScoring(
                        hiddenSize: 7, keySize: 3, queryWeightHeads: 1, keyWeightHeads: 1, scoreWeightHeads: 1)))
        #expect(shared.scale == 1 && shared.headSize == 8 && shared.keySize == 3)
        let own = try additive(["W_query": [4, 7, 8], "W_key": [2, 7, 3], "w_score": [4, 7]])
        #expect(
            try AttentionRequest(JobRequest(decoding: own)).problem.scoring
                == .additive(
                    AdditiveScoring(
                        hiddenSize: 7, keySize: 3, queryWeightHeads: 4, keyWeightHeads: 2, scoreWeightHeads: 4)))
        #expect(try refusal(of: additive([:], type: .bf16)) == nil)
    }

    /// Additive attention of 4 heads on 2, hidden size 7, with other shapes for some tensors, or without them.
    private func additive(
        _ changes: [String: [Int]?], type: TensorType = .f32, _ metadata: [String: String] = [:]
    ) throws -> [UInt8] {
        var shapes = [
            "Q": [2, 4, 3, 8], "K": [2, 2, 5, 3], "V": [2, 2, 5, 6], "W_query": [7, 8], "W_key": [7, 3], "w_score": [7],
        ]
        for (name, shape) in changes { shapes[name] = shape }
        return try Safetensors.encode(
            metadata: metadata.merging(["job": "j", "op": "AdditiveAttention"]) { $1 },
            tensors: shapes.map { zeros($0.key, $0.key.lowercased().hasPrefix("w") ? type : .f32, $0.value) })
    }

    @Test("Tensors travel as they are if they agree and a worker reads them, else as F32; Y has Q's type")
    func types() throws {
        let all: [TensorType] = [.f64, .f32, .f16, .bf16]
        for q in all {
            for k in all {
                for v in all {
                    let attention = try AttentionRequest(JobRequest(decoding: request(types: [q, k, v])))
                    #expect(attention.wireType == (q == k && k == v && q != .f64 ? q : .f32))
                    #expect(attention.outputType == q)
                }
            }
        }
    }

    @Test("A mask of 1 to 4 axes is laid over batch, heads, queries and keys from the right")
    func masks() throws {
        for shape in [
            [5], [3, 5], [1, 5], [4, 3, 5], [1, 1, 5], [4, 1, 5], [2, 4, 3, 5], [1, 4, 1, 5], [2, 1, 3, 5], [3, 2], [1],
            [2, 4, 3, 0],
        ] {
            for type in [TensorType.bool, .f32, .f16, .bf16, .f64] {
                let payload = try request([:], [zeros("attn_mask", type, shape)])
                let layout = try AttentionRequest(JobRequest(decoding: payload)).problem.mask
                #expect(layout?.sizes == Array(repeating: 1, count: 4 - shape.count) + shape)
                #expect(layout?.kind == (type == .bool ? .boolean : .float))
            }
        }
    }

    @Test("Every real length from none to all of the keys is taken")
    func validKeys() throws {
        let payload = try request([:], [TensorSource("nonpad_kv_seqlen", .i64, shape: [2], [Int64]([0, 5]))])
        #expect(try AttentionRequest(JobRequest(decoding: payload)).problem.validKeys == [0, 5])
    }

    // MARK: What is not done: refused by name

    @Test("Another operator is refused by name")
    func otherOperator() throws {
        let error = try #require(try refusal(of: request(["op": "BahdanauAttention"])))
        #expect(error.code == .unsupported && error.message.contains("'BahdanauAttention'"))
    }

    @Test("A mask of integers is refused as unsupported, by its type", arguments: [TensorType.i8, .u8, .i64])
    func integerMask(type: TensorType) throws {
        let error = try #require(try refusal(of: request([:], [zeros("attn_mask", type, [3, 5])])))
        #expect(
            error.code == .unsupported && error.message.contains("attn_mask") && error.message.contains(type.rawValue))
    }

    // MARK: What is no request

    private func expectInvalid(
        _ payload: [UInt8], naming word: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let error = try refusal(of: payload)
        #expect(error?.code == .invalidRequest, "\(String(describing: error))", sourceLocation: sourceLocation)
        #expect(error?.message.contains(word) ?? false, "\(String(describing: error))", sourceLocation: sourceLocation)
    }

    @Test("A missing tensor is named", arguments: ["Q", "K", "V"])
    func missing(name: String) throws {
        try expectInvalid(AttentionSample().request(without: [name]), naming: "'\(name)'")
    }

    @Test(
        "Attributes that are no values of their kind are refused by name",
        arguments: [
            ("scale", "nan"), ("scale", "inf"), ("scale", "1e39"), ("scale", ""), ("is_causal", "2"),
            ("is_causal", "yes"),
            ("q_num_heads", "0"), ("q_num_heads", "-4"), ("q_num_heads", "4.0"), ("kv_num_heads", "two"),
            ("softcap", "much"), ("softcap", "nan"), ("softcap", "-1"), ("softcap", "inf"), ("softcap", "1e39"),
            ("left_window_size", "1.5"), ("left_window_size", "-2"), ("right_window_size", ""),
            ("right_window_size", "-9223372036854775808"), ("right_window_size", "9223372036854775808"),
            ("softmax_precision", "0"), ("softmax_precision", "2"), ("softmax_precision", "-1"),
            ("qk_matmul_output_mode", "4"), ("qk_matmul_output_mode", "-1"), ("qk_matmul_output_mode", "one"),
            ("softmax_precision", "float"), ("q_num_heads", "99999999999999999999"),
        ])
    func badAttributes(name: String, value: String) throws {
        try expectInvalid(request([name: value]), naming: "'\(name)'")
    }

    @Test(
        "Metadata that looks like a misspelt attribute is refused by name: ignored, it would make a wrong answer",
        arguments: [
            "is_casual", "Is_Causal", "iscausal", "causal", "soft_cap", "sofcap", "Scale", "scales", "left-window-size",
            "leftWindowSize", "k_num_heads", "output", "softmax_precison", "qk_matmul_output_mod",
        ])
    func misspelt(name: String) throws {
        try expectInvalid(request([name: "1"]), naming: "'\(name)'")
    }

    @Test(
        "A tensor that is no input is refused: a misspelt mask is not to be left out",
        arguments: ["attn_maks", "mask", "q", "Y", "W_query", "nonpad_kv_seqlens", ""])
    func unknownInputs(name: String) throws {
        let payload = try request([:], [zeros(name, .f32, [3, 5])])
        try expectInvalid(payload, naming: "'\(name)'")
        try expectInvalid(payload, naming: "attn_mask, past_key")
    }

    @Test("A past that does not fit, or is only half of one, is refused")
    func badPast() throws {
        let (key, value) = (zeros("past_key", .f32, [2, 2, 3, 8]), zeros("past_value", .f32, [2, 2, 3, 6]))
        try expectInvalid(request([:], [key]), naming: "there is only past_key")
        try expectInvalid(request([:], [value]), naming: "there is only past_value")
        for shape in [[1, 2, 3, 8], [2, 1, 3, 8], [2, 4, 3, 8], [2, 2, 3, 7], [2, 3, 16], [2, 2, 3, 8, 1], []] {
            try expectInvalid(request([:], [zeros("past_key", .f32, shape), value]), naming: "past_key")
        }
        for length in [0, 2, 4] {
            try expectInvalid(
                request([:], [zeros("past_key", .f32, [2, 2, length, 8]), value]), naming: "differ in length")
        }
        for shape in [[2, 2, 3, 8], [2, 2, 3, 5]] {
            try expectInvalid(request([:], [key, zeros("past_value", .f32, shape)]), naming: "past_value")
        }
        try expectInvalid(request([:], [zeros("past_key", .f16, [2, 2, 3, 8]), value]), naming: "F16")
        try expectInvalid(request([:], [key, zeros("past_value", .i8, [2, 2, 3, 6])]), naming: "I8")
    }

    @Test("A cache is kept here or by the client, not both")
    func cacheClash() throws {
        let valid = TensorSource("nonpad_kv_seqlen", .i64, shape: [2], [Int64]([1, 2]))
        try expectInvalid(request([:], past(1) + [valid]), naming: "nonpad_kv_seqlen and past_key")
        for output in ["present_key", "present_value"] {
            try expectInvalid(request(["outputs": "Y,\(output)"], [valid]), naming: "nonpad_kv_seqlen and \(output)")
        }
    }

    @Test("Weights that are missing, or do not fit the heads, are refused by name")
    func badWeights() throws {
        for name in ["W_query", "W_key", "w_score"] {
            try expectInvalid(additive([name: nil]), naming: "'\(name)'")
        }
        let shapes: [String: [[Int]]] = [
            "W_query": [[7, 9], [6, 8], [8, 7], [3, 7, 8], [2, 7, 8], [7], [1, 4, 7, 8], [0, 8], [7, 0]],
            "W_key": [[7, 8], [6, 3], [4, 7, 3], [7], [0, 3]],
            "w_score": [[6], [7, 1], [2, 7], [3, 7], [], [0], [1, 4, 7]],
        ]
        for (name, shapes) in shapes {
            for shape in shapes { try expectInvalid(additive([name: shape]), naming: name) }
        }
        try expectInvalid(additive([:], type: .i32), naming: "I32")
    }

    @Test("Additive attention checks Q, K and V like dot products, but for the keys' head size")
    func badAdditive() throws {
        for (name, shape) in [("K", [1, 2, 5, 3]), ("V", [2, 2, 4, 6]), ("K", [2, 3, 5, 3]), ("Q", [2, 3, 32])] {
            let error = try refusal(of: additive([name: shape]))
            #expect(error?.code == .invalidRequest)
        }
        try expectInvalid(additive([:], ["softcap": "-1"]), naming: "'softcap'")
    }

    @Test("Outputs that Attention does not have are refused, and so are none")
    func badOutputs() throws {
        try expectInvalid(request(["outputs": "Z"]), naming: "'Z'")
        try expectInvalid(request(["outputs": "y"]), naming: "'y'")
        for none in ["", ",", " "] { try expectInvalid(request(["outputs": none]), naming: "outputs") }
    }

    @Test("Shapes that do not fit together are refused, saying all three")
    func mismatches() throws {
        for payload in [
            try request(k: [1, 2, 5, 8]),  // batch
            try request(v: [3, 2, 5, 6]),
            try request(k: [2, 3, 5, 8], v: [2, 3, 5, 6]),  // 4 heads on 3
            try request(k: [2, 1, 5, 8]),  // heads of K and V
            try request(q: [2, 2, 3, 8], k: [2, 4, 5, 8], v: [2, 4, 5, 6]),  // more K heads than Q heads
            try request(k: [2, 2, 5, 7]),  // head size
            try request(v: [2, 2, 4, 6]),  // length
            try request(q: [2, 3, 32], ["q_num_heads": "4"]),  // ranks
        ] { try expectInvalid(payload, naming: "Q [") }
    }

    @Test("Ranks other than 3 and 4, and empty tensors, are refused")
    func ranks() throws {
        for shape in [[], [8], [3, 8], [1, 2, 4, 3, 8]] {
            try expectInvalid(request(q: shape), naming: "'Q' \(shape)")
        }
        for axis in 0..<4 {
            var shape = [2, 2, 5, 8]
            shape[axis] = 0
            try expectInvalid(request(k: shape), naming: "'K' \(shape)")
        }
    }

    @Test("Heads by attribute that the shape cannot have are refused")
    func heads() throws {
        try expectInvalid(request(["q_num_heads": "2"]), naming: "q_num_heads")
        try expectInvalid(request(["kv_num_heads": "4"]), naming: "kv_num_heads")
        let packed = try request(q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12])
        try expectInvalid(packed, naming: "'q_num_heads'")
        let half = try request(q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12], ["q_num_heads": "4"])
        try expectInvalid(half, naming: "'kv_num_heads'")
        let uneven = try request(
            q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12], ["q_num_heads": "5", "kv_num_heads": "1"])
        try expectInvalid(uneven, naming: "5 heads")
    }

    @Test("Tensors that are no floats are refused", arguments: [TensorType.i64, .i32, .i16, .i8, .u8, .bool])
    func integers(type: TensorType) throws {
        for index in 0..<3 {
            var types: [TensorType] = [.f32, .f32, .f32]
            types[index] = type
            try expectInvalid(request(types: types), naming: type.rawValue)
        }
    }

    @Test("A mask that does not broadcast is refused")
    func badMasks() throws {
        for shape in [[], [6], [2, 5], [3, 3, 5], [2, 3, 5], [3, 4, 3, 5], [0, 5], [1, 2, 4, 3, 5], [3, 6]] {
            try expectInvalid(request([:], [zeros("attn_mask", .bool, shape)]), naming: "attn_mask")
        }
    }

    @Test("Real lengths out of range, or of another shape or type, are refused")
    func badValidKeys() throws {
        for lengths in [[-1, 5], [0, 6], [.max, 0], [.min, 0]] as [[Int64]] {
            let tensor = TensorSource("nonpad_kv_seqlen", .i64, shape: [2], lengths)
            try expectInvalid(request([:], [tensor]), naming: "nonpad_kv_seqlen")
        }
        for (shape, type) in [([1], .i64), ([3], .i64), ([], .i64), ([2, 1], .i64), ([2], .i32)]
            as [([Int], TensorType)]
        {
            try expectInvalid(request([:], [zeros("nonpad_kv_seqlen", type, shape)]), naming: "nonpad_kv_seqlen")
        }
    }

    @Test("A small request that calls for huge scores is refused, unless they are not wanted")
    func hugeScores() throws {
        let size = 1 << 15
        func code(_ outputs: String) throws -> JobError.Code? {
            try refusal(
                of: request(q: [1, 1, size, 1], k: [1, 1, size, 1], v: [1, 1, size, 1], ["outputs": outputs]))?
                .code
        }
        #expect(try code("Y") == nil)
        #expect(try code("Y,qk_matmul_output") == .tooLarge)
    }

    @Test("A small request that calls for a huge output is refused: nothing is allocated for it")
    func hugeOutput() throws {
        // A few hundred kilobytes in; Y would have 2³² elements.
        let size = 1 << 16
        let payload = try request(q: [1, 1, size, 1], k: [1, 1, 1, 1], v: [1, 1, 1, size])
        #expect(try refusal(of: payload)?.code == .tooLarge)
    }
}
