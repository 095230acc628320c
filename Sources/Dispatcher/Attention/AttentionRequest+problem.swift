import Codecs
import Fleet

/// Whether the operands fit together, and what problem they make.
extension AttentionRequest {
    static func checkShapes(
        _ q: HeadTensor, _ k: HeadTensor, _ v: HeadTensor, _ op: AttentionOperator
    ) throws(JobError) {
        func mismatch(_ why: String) -> JobError {
            JobError(
                .invalidRequest,
                "\(op.rawValue): \(why): Q \(q.tensor.shape), K \(k.tensor.shape), V \(v.tensor.shape)")
        }
        guard q.tensor.shape.count == k.tensor.shape.count, q.tensor.shape.count == v.tensor.shape.count else {
            throw mismatch("ranks differ")
        }
        guard q.batch == k.batch, q.batch == v.batch else { throw mismatch("batch sizes differ") }
        guard k.heads == v.heads, q.heads % k.heads == 0 else {
            throw mismatch("K and V must have the same number of heads, a divisor of Q's")
        }
        guard op == .additiveAttention || q.size == k.size else { throw mismatch("Q and K differ in head size") }
        guard k.length == v.length else { throw mismatch("K and V differ in length") }
    }

    /// The cache is either updated here (past in, present out) or by the client (`nonpad_kv_seqlen`), not both.
    static func checkCacheUse(
        _ file: Safetensors, _ outputs: Set<AttentionOutput>, _ op: AttentionOperator
    ) throws(JobError) {
        let pasts = [file["past_key"], file["past_value"]].compactMap { $0 }
        if pasts.count == 1 {
            throw JobError(
                .invalidRequest, "\(op.rawValue): past_key and past_value go together; there is only \(pasts[0].name)")
        }
        if pasts.count == 2, pasts[0].shape.dropFirst(2).first != pasts[1].shape.dropFirst(2).first {
            throw JobError(
                .invalidRequest,
                "\(op.rawValue): past_key \(pasts[0].shape) and past_value \(pasts[1].shape) differ in length")
        }
        guard file["nonpad_kv_seqlen"] != nil else { return }
        let clash =
            pasts.first?.name ?? outputs.intersection([.presentKey, .presentValue]).map(\.rawValue).sorted().first
        if let clash {
            throw JobError(.invalidRequest, "\(op.rawValue): nonpad_kv_seqlen and \(clash) exclude each other")
        }
    }

    static func problem(
        _ file: Safetensors, _ attributes: AttentionAttributes, _ q: HeadTensor, _ k: CachedTensor, _ v: CachedTensor,
        _ weights: AdditiveOperands?, _ outputs: Set<AttentionOutput>, _ op: AttentionOperator
    ) throws(JobError) -> AttentionProblem {
        let scale = attributes.scale ?? (op == .additiveAttention ? 1 : 1 / Float(q.size).squareRoot())
        var problem = AttentionProblem(
            batch: q.batch, queryHeads: q.heads, kvHeads: k.heads, queryLength: q.length, keyLength: k.length,
            pastLength: k.pastLength, headSize: q.size, valueHeadSize: v.size, scale: scale,
            softcap: attributes.softcap, isCausal: attributes.isCausal,
            softmaxPrecision: attributes.softmaxPrecision)
        if let weights { problem.scoring = .additive(weights.scoring) }
        // A window of more than all positions is none; offsets then stay within what is added to them.
        let positions = q.length + k.length
        problem.leftWindow = attributes.leftWindow.map { min($0, positions) }
        problem.rightWindow = attributes.rightWindow.map { min($0, positions) }
        if outputs.contains(.scores) { problem.scoreOutput = attributes.scoreOutput }
        try checkOutputSize(problem, q, k, v, outputs, op)
        problem.presentBytes = presentBytes(k, v, outputs)
        problem.validKeys = try validKeys(file, problem, op)
        problem.mask = try maskLayout(file, problem, op)
        return problem
    }

    /// Most bytes of the outputs, as they are assembled.
    static let maxOutputBytes = 1 << 30

    /// The outputs are as large as Q's rows times V's columns, and K's rows: a small request could call for more memory
    /// than there is.
    private static func checkOutputSize(
        _ problem: AttentionProblem, _ q: HeadTensor, _ k: CachedTensor, _ v: CachedTensor,
        _ outputs: Set<AttentionOutput>, _ op: AttentionOperator
    ) throws(JobError) {
        let columns = v.size + (problem.scoreOutput == nil ? 0 : k.length)
        let (elements, overflow) = problem.rows.multipliedReportingOverflow(by: columns)
        guard !overflow, elements <= maxOutputBytes / 4,
            4 * elements + presentBytes(k, v, outputs) <= maxOutputBytes
        else {
            let names = outputs.map(\.rawValue).sorted().joined(separator: ", ")
            throw JobError(
                .tooLarge,
                "\(op.rawValue): the outputs \(names) would take more than \(maxOutputBytes) bytes: "
                    + "Q \(q.tensor.shape), V \(v.new.tensor.shape), \(k.length) keys")
        }
    }

    /// No more than the inputs that they are made of.
    private static func presentBytes(
        _ k: CachedTensor, _ v: CachedTensor, _ outputs: Set<AttentionOutput>
    ) -> Int {
        let wanted =
            (outputs.contains(.presentKey) ? k.tensors : []) + (outputs.contains(.presentValue) ? v.tensors : [])
        return wanted.reduce(0) { $0 + $1.byteRange.count }
    }

    private static func validKeys(
        _ file: Safetensors, _ problem: AttentionProblem, _ op: AttentionOperator
    ) throws(JobError) -> [Int]? {
        guard let tensor = file["nonpad_kv_seqlen"] else { return nil }
        guard tensor.type == .i64, tensor.shape == [problem.batch] else {
            throw JobError(
                .invalidRequest,
                "\(op.rawValue): nonpad_kv_seqlen must be I64 of shape [\(problem.batch)], not "
                    + "\(tensor.type.rawValue) \(tensor.shape)")
        }
        let lengths: [Int64]
        do throws(SafetensorsError) {
            lengths = try file.elements(of: tensor, as: Int64.self)
        } catch {
            throw JobError(.invalidRequest, error.message)
        }
        if let wrong = lengths.first(where: { !(0...Int64(problem.keyLength)).contains($0) }) {
            throw JobError(
                .invalidRequest, "\(op.rawValue): nonpad_kv_seqlen has \(wrong), not 0 to \(problem.keyLength)")
        }
        return lengths.map(Int.init)
    }

    private static func maskLayout(
        _ file: Safetensors, _ problem: AttentionProblem, _ op: AttentionOperator
    ) throws(JobError) -> MaskLayout? {
        guard let mask = file["attn_mask"] else { return nil }
        let kind: MaskLayout.Kind
        switch mask.type {
        case .bool: kind = .boolean
        case .f32, .f16, .bf16, .f64: kind = .float
        default:
            throw JobError(
                .unsupported,
                "\(op.rawValue): attn_mask of type \(mask.type.rawValue) is not supported, but BOOL (true: attend) and "
                    + "F32, F16, BF16, F64 (added)")
        }
        guard (1...4).contains(mask.shape.count) else {
            throw JobError(.invalidRequest, "\(op.rawValue): attn_mask must have rank 1 to 4, not shape \(mask.shape)")
        }
        let sizes = Array(repeating: 1, count: 4 - mask.shape.count) + mask.shape
        let whole = [problem.batch, problem.queryHeads, problem.queryLength]
        let fits = zip(sizes, whole).allSatisfy { $0 == 1 || $0 == $1 }
        guard fits, sizes[3] <= problem.keyLength else {
            throw JobError(
                .invalidRequest,
                "\(op.rawValue): attn_mask \(mask.shape) does not broadcast to \(whole + [problem.keyLength])")
        }
        // The last axis does not repeat: what it does not reach, be it 1 or more short, is masked.
        return MaskLayout(kind: kind, sizes: sizes)
    }
}
