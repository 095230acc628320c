import AttnMath
public import Codecs
public import Fleet

/// A job request read as an attention operator: the problem, and where its tensors lie in the payload.
///
/// Whatever is not the operator's is refused by name before any work, misspelt inputs too: ignored, they would make a
/// wrong answer.
public struct AttentionRequest: Sendable {
    public let op: AttentionOperator
    public let problem: AttentionProblem
    public let file: Safetensors
    let q: HeadTensor
    let k: CachedTensor
    let v: CachedTensor
    let mask: TensorInfo?
    /// Of additive scoring only.
    let weights: AdditiveOperands?
    let outputs: Set<AttentionOutput>
    /// How Q, K and V travel to the workers: as they are if they agree and a worker reads it, else as F32; see `settlingWire`.
    package var wire: WireFormat
    /// What that changes, if they are rounded for it.
    var wireError: WireError?
    let wireChoice: WireChoice
    /// `Y` and `qk_matmul_output` have Q's type, and `Y` Q's rank.
    var outputType: TensorType { q.tensor.type }

    /// - Throws: `JobError`: `.invalidRequest`, `.unsupported`, `.tooLarge`; the message names the operands.
    public init(_ request: JobRequest) throws(JobError) {
        guard let op = AttentionOperator(rawValue: request.op) else {
            throw JobError(
                .unsupported,
                "op '\(request.op.prefix(64))' is not supported; there are: \(AttentionOperator.names)")
        }
        self.op = op
        file = request.tensors
        outputs = try AttentionOutput.parse(request.outputs, op: op)
        try Self.checkInputs(file, op)
        let attributes = try AttentionAttributes(file.metadata)
        q = try HeadTensor("Q", in: file, heads: attributes.queryHeads, attribute: "q_num_heads")
        let newK = try HeadTensor("K", in: file, heads: attributes.kvHeads, attribute: "kv_num_heads")
        let newV = try HeadTensor("V", in: file, heads: attributes.kvHeads, attribute: "kv_num_heads")
        try Self.checkShapes(q, newK, newV, op)
        try Self.checkCacheUse(file, outputs, op)
        k = try CachedTensor(newK, past: "past_key", in: file, op: op)
        v = try CachedTensor(newV, past: "past_value", in: file, op: op)
        weights = op == .additiveAttention ? try AdditiveOperands(file, q: q, k: k) : nil
        mask = file["attn_mask"]
        wireChoice = try WireChoice(file.metadata, op)
        let types = [q.tensor.type, k.type, v.type]
        wire = WireFormat(unrounded: types.allSatisfy { $0 == types[0] } ? types[0] : .f32)
        problem = try Self.problem(file, attributes, q, k, v, weights, outputs, op)
    }

    /// Bytes of the outputs wanted, as they are answered.
    var answerBytes: Int {
        let columns =
            (outputs.contains(.y) ? problem.valueHeadSize : 0) + (outputs.contains(.scores) ? problem.keyLength : 0)
        return problem.rows * columns * outputType.byteWidth + problem.presentBytes
    }

    private static func checkInputs(_ file: Safetensors, _ op: AttentionOperator) throws(JobError) {
        var names = ["Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen"]
        if op == .additiveAttention { names += ["W_query", "W_key", "w_score"] }
        for tensor in file.tensors where !names.contains(tensor.name) {
            throw JobError(
                .invalidRequest,
                "\(op.rawValue) has no input '\(tensor.name.prefix(64))', but \(names.joined(separator: ", "))")
        }
    }
}
