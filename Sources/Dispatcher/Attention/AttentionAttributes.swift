import AttnMath
package import Fleet

/// The attributes of an attention operator under their ONNX names, read from string metadata.
///
/// Metadata that is none of the operator's is left alone, since files carry some; but not if it looks like a misspelt
/// attribute: ignored, it would make a wrong answer.
package struct AttentionAttributes {
    let scale: Float?
    let softcap: Float
    let isCausal: Bool
    let queryHeads: Int?
    let kvHeads: Int?
    /// nil: unbounded.
    let leftWindow: Int?
    let rightWindow: Int?
    let scoreOutput: ScoreOutput
    let softmaxPrecision: BlockAttributes.SoftmaxPrecision

    static let names = [
        "scale", "softcap", "is_causal", "q_num_heads", "kv_num_heads", "left_window_size", "right_window_size",
        "qk_matmul_output_mode", "softmax_precision",
    ]

    /// - Throws: `JobError.invalidRequest`, which names the attribute and what it has to be.
    package init(_ metadata: [String: String]) throws(JobError) {
        try Self.checkSpelling(metadata)
        func value<Value>(
            _ name: String, _ kind: String, _ convert: (String) -> Value?
        ) throws(JobError) -> Value? {
            guard let text = metadata[name] else { return nil }
            guard let value = convert(text) else {
                throw JobError(.invalidRequest, "attribute '\(name)' is '\(text.prefix(64))', not \(kind)")
            }
            return value
        }
        func positive(_ text: String) -> Int? { Int(text).flatMap { $0 > 0 ? $0 : nil } }
        func window(_ name: String) throws(JobError) -> Int? {
            let size = try value(name, "-1 or a number of keys") { Int($0).flatMap { $0 >= -1 ? $0 : nil } }
            return size.flatMap { $0 < 0 ? nil : $0 }
        }

        scale = try value("scale", "a finite number") { Float($0).flatMap { $0.isFinite ? $0 : nil } }
        softcap =
            try value("softcap", "a finite number that is not negative") {
                Float($0).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
            } ?? 0
        isCausal = try value("is_causal", "0 or 1", parseBoolean) ?? false
        queryHeads = try value("q_num_heads", "a positive integer", positive)
        kvHeads = try value("kv_num_heads", "a positive integer", positive)
        leftWindow = try window("left_window_size")
        rightWindow = try window("right_window_size")
        scoreOutput =
            try value("qk_matmul_output_mode", "0, 1, 2 or 3") { Int($0).flatMap(ScoreOutput.init) } ?? .raw
        softmaxPrecision =
            try value("softmax_precision", "1, 10, 11 or 16 (float32, float16, double, bfloat16)") {
                Int($0).flatMap(Self.softmaxPrecision)
            } ?? .float32
    }

    /// By ONNX's number of a type. What asks for half precision is computed in float32, which is no less.
    private static func softmaxPrecision(_ type: Int) -> BlockAttributes.SoftmaxPrecision? {
        switch type {
        case 1, 10, 16: .float32
        case 11: .float64
        default: nil
        }
    }

    private static func checkSpelling(_ metadata: [String: String]) throws(JobError) {
        for key in metadata.keys where !names.contains(key) {
            guard let name = (names + ["outputs"]).first(where: { key.isMisspelling(of: $0) }) else { continue }
            throw JobError(.invalidRequest, "'\(key)' in the metadata is not known; is it to be '\(name)'?")
        }
    }
}
