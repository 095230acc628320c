import AttnMath
public import Codecs
public import Fleet

/// A job request read as ONNX `Attention`: the problem, and where its tensors lie in the payload.
///
/// What is valid ONNX but not done yet is refused as `unsupported` by name, never ignored.
public struct AttentionRequest: Sendable {
    public let problem: AttentionProblem
    public let file: Safetensors
    let q: HeadTensor
    let k: HeadTensor
    let v: HeadTensor
    let mask: TensorInfo?
    /// How Q, K and V travel to the workers: as they are if they agree and a worker reads it, else as F32.
    let wireType: TensorType
    /// Y has Q's type and Q's rank.
    var outputType: TensorType { q.tensor.type }

    /// - Throws: `JobError`: `.invalidRequest`, `.unsupported`; the message names the operands.
    public init(_ request: JobRequest) throws(JobError) {
        guard request.op == TaskMessage.attention else {
            throw JobError(.unsupported, "op '\(request.op)' is not supported; there is: \(TaskMessage.attention)")
        }
        try Self.checkOutputs(request.outputs)
        file = request.tensors
        let attributes = try AttentionAttributes(file.metadata)
        for name in ["past_key", "past_value"] where file[name] != nil {
            throw JobError(.unsupported, "input '\(name)' is not supported yet")
        }
        q = try HeadTensor("Q", in: file, heads: attributes.queryHeads, attribute: "q_num_heads")
        k = try HeadTensor("K", in: file, heads: attributes.kvHeads, attribute: "kv_num_heads")
        v = try HeadTensor("V", in: file, heads: attributes.kvHeads, attribute: "kv_num_heads")
        mask = file["attn_mask"]
        let types = [q.tensor.type, k.tensor.type, v.tensor.type]
        wireType = types.allSatisfy { $0 == types[0] } && types[0] != .f64 ? types[0] : .f32
        problem = try Self.problem(file, attributes, q, k, v)
    }

    private static func checkOutputs(_ outputs: [String]) throws(JobError) {
        guard !outputs.isEmpty else { throw JobError(.invalidRequest, "outputs: at least one is needed, such as Y") }
        for output in outputs where output != "Y" {
            guard ["present_key", "present_value", "qk_matmul_output"].contains(output) else {
                throw JobError(.invalidRequest, "outputs: Attention has no output '\(output)'")
            }
            throw JobError(.unsupported, "output '\(output)' is not supported yet")
        }
    }

    private static func problem(
        _ file: Safetensors, _ attributes: AttentionAttributes, _ q: HeadTensor, _ k: HeadTensor, _ v: HeadTensor
    ) throws(JobError) -> AttentionProblem {
        func mismatch(_ why: String) -> JobError {
            JobError(
                .invalidRequest,
                "Attention: \(why): Q \(q.tensor.shape), K \(k.tensor.shape), V \(v.tensor.shape)")
        }
        guard q.tensor.shape.count == k.tensor.shape.count, q.tensor.shape.count == v.tensor.shape.count else {
            throw mismatch("ranks differ")
        }
        guard q.batch == k.batch, q.batch == v.batch else { throw mismatch("batch sizes differ") }
        guard k.heads == v.heads, q.heads % k.heads == 0 else {
            throw mismatch("K and V must have the same number of heads, a divisor of Q's")
        }
        guard q.size == k.size else { throw mismatch("Q and K differ in head size") }
        guard k.length == v.length else { throw mismatch("K and V differ in length") }
        try checkOutputSize(q, v)
        let scale = attributes.scale ?? 1 / Float(q.size).squareRoot()
        var problem = AttentionProblem(
            batch: q.batch, queryHeads: q.heads, kvHeads: k.heads, queryLength: q.length, keyLength: k.length,
            headSize: q.size, valueHeadSize: v.size, scale: scale, isCausal: attributes.isCausal)
        problem.validKeys = try validKeys(file, problem)
        problem.mask = try maskLayout(file, problem)
        return problem
    }

    /// Most bytes of the output in float32, as it is assembled.
    static let maxOutputBytes = 1 << 30

    /// The output is as large as Q's rows times V's columns: a small request could call for more memory than there is.
    private static func checkOutputSize(_ q: HeadTensor, _ v: HeadTensor) throws(JobError) {
        let (elements, overflow) = (q.batch * q.heads * q.length).multipliedReportingOverflow(by: v.size)
        guard !overflow, elements <= maxOutputBytes / 4 else {
            throw JobError(
                .tooLarge,
                "Attention: Y would take more than \(maxOutputBytes) bytes: Q \(q.tensor.shape), V \(v.tensor.shape)")
        }
    }

    private static func validKeys(_ file: Safetensors, _ problem: AttentionProblem) throws(JobError) -> [Int]? {
        guard let tensor = file["nonpad_kv_seqlen"] else { return nil }
        guard tensor.type == .i64, tensor.shape == [problem.batch] else {
            throw JobError(
                .invalidRequest,
                "nonpad_kv_seqlen must be I64 of shape [\(problem.batch)], not \(tensor.type.rawValue) \(tensor.shape)")
        }
        let lengths: [Int64]
        do throws(SafetensorsError) {
            lengths = try file.elements(of: tensor, as: Int64.self)
        } catch {
            throw JobError(.invalidRequest, error.message)
        }
        guard lengths.allSatisfy({ (0...Int64(problem.keyLength)).contains($0) }) else {
            throw JobError(.invalidRequest, "nonpad_kv_seqlen \(lengths) must be within 0 and \(problem.keyLength)")
        }
        return lengths.map(Int.init)
    }

    private static func maskLayout(_ file: Safetensors, _ problem: AttentionProblem) throws(JobError) -> MaskLayout? {
        guard let mask = file["attn_mask"] else { return nil }
        let kind: MaskLayout.Kind
        switch mask.type {
        case .bool: kind = .boolean
        case .f32, .f16, .bf16, .f64: kind = .float
        default:
            throw JobError(.unsupported, "attn_mask of type \(mask.type.rawValue) is not supported: BOOL or a float")
        }
        guard (1...4).contains(mask.shape.count) else {
            throw JobError(.invalidRequest, "attn_mask must have rank 1 to 4, not shape \(mask.shape)")
        }
        let sizes = Array(repeating: 1, count: 4 - mask.shape.count) + mask.shape
        let whole = [problem.batch, problem.queryHeads, problem.queryLength]
        let fits = zip(sizes, whole).allSatisfy { $0 == 1 || $0 == $1 }
        guard fits, sizes[3] <= problem.keyLength else {
            throw JobError(
                .invalidRequest,
                "attn_mask \(mask.shape) does not broadcast to \(whole + [problem.keyLength])")
        }
        // The last axis does not repeat: what it does not reach, be it 1 or more short, is masked.
        return MaskLayout(kind: kind, sizes: sizes)
    }
}
