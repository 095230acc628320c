// What is an ONNX Attention request, what is not, and what is one that is not done yet.

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
        ])
        #expect(try refusal(of: payload) == nil)
        for precision in ["10", "16"] {
            #expect(try refusal(of: request(["softmax_precision": precision])) == nil)
        }
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

    // MARK: What is not done yet: refused by name

    @Test(
        "Attributes and outputs that are not done yet are refused by name",
        arguments: [
            ("softcap", "30.0"), ("softcap", "nan"), ("left_window_size", "0"), ("left_window_size", "128"),
            ("right_window_size", "0"), ("softmax_precision", "11"),
        ])
    func unsupportedAttributes(name: String, value: String) throws {
        let error = try #require(try refusal(of: request([name: value])))
        #expect(error.code == .unsupported && error.message.contains("'\(name)'"), "\(error)")
    }

    @Test("Inputs that are not done yet are refused by name", arguments: ["past_key", "past_value"])
    func unsupportedInputs(name: String) throws {
        let error = try #require(try refusal(of: request([:], [zeros(name, .f32, [2, 2, 1, 8])])))
        #expect(error.code == .unsupported && error.message.contains("'\(name)'"))
    }

    @Test(
        "Outputs that are not done yet are refused by name, also beside Y",
        arguments: ["present_key", "present_value", "qk_matmul_output"])
    func unsupportedOutputs(name: String) throws {
        for outputs in [name, "Y,\(name)", "\(name), Y"] {
            let error = try #require(try refusal(of: request(["outputs": outputs])))
            #expect(error.code == .unsupported && error.message.contains("'\(name)'"))
        }
    }

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
            ("softcap", "much"), ("left_window_size", "1.5"), ("right_window_size", ""),
            ("qk_matmul_output_mode", "4"), ("qk_matmul_output_mode", "-1"), ("qk_matmul_output_mode", "one"),
            ("softmax_precision", "float"), ("q_num_heads", "99999999999999999999"),
        ])
    func badAttributes(name: String, value: String) throws {
        try expectInvalid(request([name: value]), naming: "'\(name)'")
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

    @Test("A small request that calls for a huge output is refused: nothing is allocated for it")
    func hugeOutput() throws {
        // A few hundred kilobytes in; Y would have 2³² elements.
        let size = 1 << 16
        let payload = try request(q: [1, 1, size, 1], k: [1, 1, 1, 1], v: [1, 1, 1, size])
        #expect(try refusal(of: payload)?.code == .tooLarge)
    }
}
