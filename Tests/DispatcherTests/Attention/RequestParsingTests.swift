// What is a request of an attention operator, and how it is read.

import AttnMath
import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("Attention requests") struct RequestParsingTests {
    // MARK: What is taken

    @Test("Four axes: the sizes are read off the shapes, and the scale is 1/√(head size)")
    func fourAxes() throws {
        let attention = try AttentionRequest(JobRequest(decoding: zeroRequest()))
        #expect(
            attention.problem
                == AttentionProblem(
                    batch: 2, queryHeads: 4, kvHeads: 2, queryLength: 3, keyLength: 5, headSize: 8, valueHeadSize: 6,
                    scale: 1 / Float(8).squareRoot(), isCausal: false))
        #expect(attention.problem.group == 2)
        #expect(attention.wire == .f32 && attention.outputType == .f32)
    }

    @Test("Three axes: the heads are attributes")
    func threeAxes() throws {
        let heads = ["q_num_heads": "4", "kv_num_heads": "2"]
        let payload = try zeroRequest(q: [2, 3, 32], k: [2, 5, 16], v: [2, 5, 12], heads)
        let four = try AttentionRequest(JobRequest(decoding: zeroRequest())).problem
        #expect(try AttentionRequest(JobRequest(decoding: payload)).problem == four)
        #expect(try refusal(of: zeroRequest(heads)) == nil, "with four axes they may be said again")
    }

    @Test("Attributes are read as ONNX writers write them")
    func attributes() throws {
        for (text, isCausal) in ["1": true, "true": true, "True": true, "0": false, "false": false, "False": false] {
            let problem = try AttentionRequest(JobRequest(decoding: zeroRequest(["is_causal": text]))).problem
            #expect(problem.isCausal == isCausal)
        }
        let scaled = try AttentionRequest(JobRequest(decoding: zeroRequest(["scale": "-2.5e-1"]))).problem
        #expect(scaled.scale == -0.25)
    }

    @Test("Attributes that say what is done anyway are taken, and so is metadata that is none of the operator's")
    func defaults() throws {
        let payload = try zeroRequest([
            "softcap": "0", "left_window_size": "-1", "right_window_size": "-1", "qk_matmul_output_mode": "3",
            "softmax_precision": "1", "outputs": "Y", "op": "Attention", "durable": "0", "format": "pt",
            "producer_name": "x", "space": "y", "head": "z",
        ])
        #expect(try AttentionRequest(JobRequest(decoding: payload)).problem == problem([:]))
    }

    private func problem(_ metadata: [String: String], _ more: [TensorSource] = []) throws -> AttentionProblem {
        try AttentionRequest(JobRequest(decoding: zeroRequest(metadata, more))).problem
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
            let problem = try problem([:], zeroPast(length))
            #expect(problem.keyLength == length + 5 && problem.pastLength == length)
            #expect(problem.offset(batch: 1) == length)
        }
        let mask = zeros("attn_mask", .bool, [4, 3, 14])
        #expect(try problem([:], zeroPast(9) + [mask]).mask?.keys == 14)
    }

    @Test("Present outputs and scores count in what a job is charged for, and in its answer")
    func outputBytes() throws {
        func bytes(_ outputs: String, type: TensorType = .f32) throws -> [Int] {
            let payload = try zeroRequest(types: [type, .f32, .f16], ["outputs": outputs])
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
        let shared = try AttentionRequest(JobRequest(decoding: zeroAdditiveRequest([:]))).problem
        #expect(
            shared.scoring
                == .additive(
                    AdditiveScoring(
                        hiddenSize: 7, keySize: 3, queryWeightHeads: 1, keyWeightHeads: 1, scoreWeightHeads: 1)))
        #expect(shared.scale == 1 && shared.headSize == 8 && shared.keySize == 3)
        let own = try zeroAdditiveRequest(["W_query": [4, 7, 8], "W_key": [2, 7, 3], "w_score": [4, 7]])
        #expect(
            try AttentionRequest(JobRequest(decoding: own)).problem.scoring
                == .additive(
                    AdditiveScoring(
                        hiddenSize: 7, keySize: 3, queryWeightHeads: 4, keyWeightHeads: 2, scoreWeightHeads: 4)))
        #expect(try refusal(of: zeroAdditiveRequest([:], type: .bf16)) == nil)
    }

    @Test("Tensors travel as they are if they agree and a worker reads them, else as F32; Y has Q's type")
    func types() throws {
        let all: [TensorType] = [.f64, .f32, .f16, .bf16]
        for q in all {
            for k in all {
                for v in all {
                    let attention = try AttentionRequest(JobRequest(decoding: zeroRequest(types: [q, k, v])))
                    #expect(attention.wire.type == (q == k && k == v && q != .f64 ? q : .f32))
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
                let payload = try zeroRequest([:], [zeros("attn_mask", type, shape)])
                let layout = try AttentionRequest(JobRequest(decoding: payload)).problem.mask
                #expect(layout?.sizes == Array(repeating: 1, count: 4 - shape.count) + shape)
                #expect(layout?.kind == (type == .bool ? .boolean : .float))
            }
        }
    }

    @Test("Every real length from none to all of the keys is taken")
    func validKeys() throws {
        let payload = try zeroRequest([:], [TensorSource("nonpad_kv_seqlen", .i64, shape: [2], [Int64]([0, 5]))])
        #expect(try AttentionRequest(JobRequest(decoding: payload)).problem.validKeys == [0, 5])
    }
}
