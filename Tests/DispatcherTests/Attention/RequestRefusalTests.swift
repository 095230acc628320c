// What is no request of an attention operator: refused before any work, with the operation and its operands named.

import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("Refused requests") struct RequestRefusalTests {
    // MARK: What is not done: refused by name

    @Test("Another operator is refused by name")
    func otherOperator() throws {
        let error = try #require(try refusal(of: zeroRequest(["op": "BahdanauAttention"])))
        #expect(error.code == .unsupported && error.message.contains("'BahdanauAttention'"))
    }

    @Test("A mask of integers is refused as unsupported, by its type", arguments: [TensorType.i8, .u8, .i64])
    func integerMask(type: TensorType) throws {
        let error = try #require(try refusal(of: zeroRequest([:], [zeros("attn_mask", type, [3, 5])])))
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
        try expectInvalid(zeroRequest([name: value]), naming: "'\(name)'")
    }

    @Test(
        "Metadata that looks like a misspelt attribute is refused by name: ignored, it would make a wrong answer",
        arguments: [
            "is_casual", "Is_Causal", "iscausal", "causal", "soft_cap", "sofcap", "Scale", "scales", "left-window-size",
            "leftWindowSize", "k_num_heads", "output", "softmax_precison", "qk_matmul_output_mod",
        ])
    func misspelt(name: String) throws {
        try expectInvalid(zeroRequest([name: "1"]), naming: "'\(name)'")
    }

    @Test(
        "A tensor that is no input is refused: a misspelt mask is not to be left out",
        arguments: ["attn_maks", "mask", "q", "Y", "W_query", "nonpad_kv_seqlens", ""])
    func unknownInputs(name: String) throws {
        let payload = try zeroRequest([:], [zeros(name, .f32, [3, 5])])
        try expectInvalid(payload, naming: "'\(name)'")
        try expectInvalid(payload, naming: "attn_mask, past_key")
    }

    @Test("A past that does not fit, or is only half of one, is refused")
    func badPast() throws {
        let (key, value) = (zeros("past_key", .f32, [2, 2, 3, 8]), zeros("past_value", .f32, [2, 2, 3, 6]))
        try expectInvalid(zeroRequest([:], [key]), naming: "there is only past_key")
        try expectInvalid(zeroRequest([:], [value]), naming: "there is only past_value")
        for shape in [[1, 2, 3, 8], [2, 1, 3, 8], [2, 4, 3, 8], [2, 2, 3, 7], [2, 3, 16], [2, 2, 3, 8, 1], []] {
            try expectInvalid(zeroRequest([:], [zeros("past_key", .f32, shape), value]), naming: "past_key")
        }
        for length in [0, 2, 4] {
            try expectInvalid(
                zeroRequest([:], [zeros("past_key", .f32, [2, 2, length, 8]), value]), naming: "differ in length")
        }
        for shape in [[2, 2, 3, 8], [2, 2, 3, 5]] {
            try expectInvalid(zeroRequest([:], [key, zeros("past_value", .f32, shape)]), naming: "past_value")
        }
        try expectInvalid(zeroRequest([:], [zeros("past_key", .f16, [2, 2, 3, 8]), value]), naming: "F16")
        try expectInvalid(zeroRequest([:], [key, zeros("past_value", .i8, [2, 2, 3, 6])]), naming: "I8")
    }

    @Test("A cache is kept here or by the client, not both")
    func cacheClash() throws {
        let valid = TensorSource("nonpad_kv_seqlen", .i64, shape: [2], [Int64]([1, 2]))
        try expectInvalid(zeroRequest([:], zeroPast(1) + [valid]), naming: "nonpad_kv_seqlen and past_key")
        for output in ["present_key", "present_value"] {
            try expectInvalid(
                zeroRequest(["outputs": "Y,\(output)"], [valid]), naming: "nonpad_kv_seqlen and \(output)")
        }
    }

    @Test("Weights that are missing, or do not fit the heads, are refused by name")
    func badWeights() throws {
        for name in ["W_query", "W_key", "w_score"] {
            try expectInvalid(zeroAdditiveRequest([name: nil]), naming: "'\(name)'")
        }
        let shapes: [String: [[Int]]] = [
            "W_query": [[7, 9], [6, 8], [8, 7], [3, 7, 8], [2, 7, 8], [7], [1, 4, 7, 8], [0, 8], [7, 0]],
            "W_key": [[7, 8], [6, 3], [4, 7, 3], [7], [0, 3]],
            "w_score": [[6], [7, 1], [2, 7], [3, 7], [], [0], [1, 4, 7]],
        ]
        for (name, shapes) in shapes {
            for shape in shapes { try expectInvalid(zeroAdditiveRequest([name: shape]), naming: name) }
        }
        try expectInvalid(zeroAdditiveRequest([:], type: .i32), naming: "I32")
    }

    @Test("Additive attention checks Q, K and V like dot products, but for the keys' head size")
    func badAdditive() throws {
        for (name, shape) in [("K", [1, 2, 5, 3]), ("V", [2, 2, 4, 6]), ("K", [2, 3, 5, 3]), ("Q", [2, 3, 32])] {
            let error = try refusal(of: zeroAdditiveRequest([name: shape]))
            #expect(error?.code == .invalidRequest)
        }
        try expectInvalid(zeroAdditiveRequest([:], ["softcap": "-1"]), naming: "'softcap'")
    }

    @Test("Outputs that Attention does not have are refused, and so are none")
    func badOutputs() throws {
        try expectInvalid(zeroRequest(["outputs": "Z"]), naming: "'Z'")
        try expectInvalid(zeroRequest(["outputs": "y"]), naming: "'y'")
        for none in ["", ",", " "] { try expectInvalid(zeroRequest(["outputs": none]), naming: "outputs") }
    }

    @Test("Shapes that do not fit together are refused, saying all three")
    func mismatches() throws {
        for payload in [
            try zeroRequest(k: [1, 2, 5, 8]),  // batch
            try zeroRequest(v: [3, 2, 5, 6]),
            try zeroRequest(k: [2, 3, 5, 8], v: [2, 3, 5, 6]),  // 4 heads on 3
            try zeroRequest(k: [2, 1, 5, 8]),  // heads of K and V
            try zeroRequest(q: [2, 2, 3, 8], k: [2, 4, 5, 8], v: [2, 4, 5, 6]),  // more K heads than Q heads
            try zeroRequest(k: [2, 2, 5, 7]),  // head size
            try zeroRequest(v: [2, 2, 4, 6]),  // length
            try zeroRequest(q: [2, 3, 32], ["q_num_heads": "4"]),  // ranks
        ] { try expectInvalid(payload, naming: "Q [") }
    }

    @Test("Ranks other than 3 and 4, and empty tensors, are refused")
    func ranks() throws {
        for shape in [[], [8], [3, 8], [1, 2, 4, 3, 8]] {
            try expectInvalid(zeroRequest(q: shape), naming: "'Q' \(shape)")
        }
        for axis in 0..<4 {
            var shape = [2, 2, 5, 8]
            shape[axis] = 0
            try expectInvalid(zeroRequest(k: shape), naming: "'K' \(shape)")
        }
    }

    @Test("Heads by attribute that the shape cannot have are refused")
    func heads() throws {
        try expectInvalid(zeroRequest(["q_num_heads": "2"]), naming: "q_num_heads")
        try expectInvalid(zeroRequest(["kv_num_heads": "4"]), naming: "kv_num_heads")
        let packed = try zeroRequest(q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12])
        try expectInvalid(packed, naming: "'q_num_heads'")
        let half = try zeroRequest(q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12], ["q_num_heads": "4"])
        try expectInvalid(half, naming: "'kv_num_heads'")
        let uneven = try zeroRequest(
            q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12], ["q_num_heads": "5", "kv_num_heads": "1"])
        try expectInvalid(uneven, naming: "5 heads")
    }

    @Test("Tensors that are no floats are refused", arguments: [TensorType.i64, .i32, .i16, .i8, .u8, .bool])
    func integers(type: TensorType) throws {
        for index in 0..<3 {
            var types: [TensorType] = [.f32, .f32, .f32]
            types[index] = type
            try expectInvalid(zeroRequest(types: types), naming: type.rawValue)
        }
    }

    @Test("A mask that does not broadcast is refused")
    func badMasks() throws {
        for shape in [[], [6], [2, 5], [3, 3, 5], [2, 3, 5], [3, 4, 3, 5], [0, 5], [1, 2, 4, 3, 5], [3, 6]] {
            try expectInvalid(zeroRequest([:], [zeros("attn_mask", .bool, shape)]), naming: "attn_mask")
        }
    }

    @Test("Real lengths out of range, or of another shape or type, are refused")
    func badValidKeys() throws {
        for lengths in [[-1, 5], [0, 6], [.max, 0], [.min, 0]] as [[Int64]] {
            let tensor = TensorSource("nonpad_kv_seqlen", .i64, shape: [2], lengths)
            try expectInvalid(zeroRequest([:], [tensor]), naming: "nonpad_kv_seqlen")
        }
        for (shape, type) in [([1], .i64), ([3], .i64), ([], .i64), ([2, 1], .i64), ([2], .i32)]
            as [([Int], TensorType)]
        {
            try expectInvalid(zeroRequest([:], [zeros("nonpad_kv_seqlen", type, shape)]), naming: "nonpad_kv_seqlen")
        }
    }

    @Test("A small request that calls for huge scores is refused, unless they are not wanted")
    func hugeScores() throws {
        let size = 1 << 15
        func code(_ outputs: String) throws -> JobError.Code? {
            try refusal(
                of: zeroRequest(q: [1, 1, size, 1], k: [1, 1, size, 1], v: [1, 1, size, 1], ["outputs": outputs]))?
                .code
        }
        #expect(try code("Y") == nil)
        #expect(try code("Y,qk_matmul_output") == .tooLarge)
    }

    @Test("A small request that calls for a huge output is refused: nothing is allocated for it")
    func hugeOutput() throws {
        // A few hundred kilobytes in; Y would have 2³² elements.
        let size = 1 << 16
        let payload = try zeroRequest(q: [1, 1, size, 1], k: [1, 1, 1, 1], v: [1, 1, 1, size])
        #expect(try refusal(of: payload)?.code == .tooLarge)
    }
}
