import Fleet

/// The ONNX attributes of `Attention`, read from string metadata.
struct AttentionAttributes {
    let scale: Float?
    let isCausal: Bool
    let queryHeads: Int?
    let kvHeads: Int?

    init(_ metadata: [String: String]) throws(JobError) {
        func value<Value>(
            _ name: String, _ kind: String, _ convert: (String) -> Value?
        ) throws(JobError) -> Value? {
            guard let text = metadata[name] else { return nil }
            guard let value = convert(text) else {
                throw JobError(.invalidRequest, "attribute '\(name)' is '\(text.prefix(64))', not \(kind)")
            }
            return value
        }
        func unsupported(_ name: String, unless isDefault: Bool) throws(JobError) {
            if !isDefault { throw JobError(.unsupported, "attribute '\(name)' is not supported yet") }
        }
        func positive(_ text: String) -> Int? { Int(text).flatMap { $0 > 0 ? $0 : nil } }

        scale = try value("scale", "a finite number") { Float($0).flatMap { $0.isFinite ? $0 : nil } }
        isCausal = try value("is_causal", "0 or 1", parseBoolean) ?? false
        queryHeads = try value("q_num_heads", "a positive integer", positive)
        kvHeads = try value("kv_num_heads", "a positive integer", positive)
        try unsupported("softcap", unless: try value("softcap", "a number") { Float($0) } ?? 0 == 0)
        for name in ["left_window_size", "right_window_size"] {
            try unsupported(name, unless: try value(name, "an integer") { Int($0) } ?? -1 == -1)
        }
        // Modes say what `qk_matmul_output` holds, which is refused as an output.
        let mode = try value("qk_matmul_output_mode", "0 to 3") { Int($0) } ?? 0
        guard (0...3).contains(mode) else {
            throw JobError(.invalidRequest, "attribute 'qk_matmul_output_mode' is \(mode), not 0 to 3")
        }
        // ONNX types: 1 float32, 10 float16, 16 bfloat16: softmax is computed in float32, which is no less.
        let precision = try value("softmax_precision", "an ONNX type number") { Int($0) } ?? 1
        try unsupported("softmax_precision", unless: [1, 10, 16].contains(precision))
    }
}
