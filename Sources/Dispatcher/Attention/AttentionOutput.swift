import Fleet

/// The outputs of an attention operator, by their ONNX names.
enum AttentionOutput: String, CaseIterable {
    case y = "Y"
    case presentKey = "present_key"
    case presentValue = "present_value"
    case scores = "qk_matmul_output"

    /// The outputs that a request wants, each once.
    /// - Throws: `JobError.invalidRequest` for a name that is none, or for no name.
    static func parse(_ names: [String], op: AttentionOperator) throws(JobError) -> Set<AttentionOutput> {
        guard !names.isEmpty else { throw JobError(.invalidRequest, "outputs: at least one is needed, such as Y") }
        var outputs: Set<AttentionOutput> = []
        for name in names {
            guard let output = AttentionOutput(rawValue: name) else {
                let all = allCases.map(\.rawValue).joined(separator: ", ")
                throw JobError(
                    .invalidRequest, "outputs: \(op.rawValue) has no output '\(name.prefix(64))', but \(all)")
            }
            outputs.insert(output)
        }
        return outputs
    }
}
