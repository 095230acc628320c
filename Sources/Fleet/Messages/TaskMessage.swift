public import Codecs

/// One attempt at a shard, from a dispatcher to a worker.
///
/// Metadata: `protocol`, `message` = `task`, `op` = `Attention`, `job`, `shard`, `attempt`, `lease`, `incarnation`,
/// `scale`, and `causal_offset` if causal. Tensors, row-major, Q, K and V of one type out of F32, F16 and BF16:
///
/// - `Q` [query heads, queries, head size]
/// - `K` [key/value heads, keys, head size], `V` [key/value heads, keys, value head size]
/// - `attn_mask`, if any: [1 or query heads, 1 or queries, keys]; BOOL (true: attend), or F32 to be added
///
/// Query head h attends key/value head h / (query heads / key/value heads). Positions are the shard's own: query i sees
/// key j iff j ≤ i + `causal_offset`.
public struct TaskMessage: Sendable {
    public let header: TaskHeader
    /// What scores are multiplied with; finite.
    public let scale: Float
    public let causalOffset: Int?
    public let tensors: Safetensors
    public let q: TensorInfo
    public let k: TensorInfo
    public let v: TensorInfo
    public let mask: TensorInfo?

    public var queryHeads: Int { q.shape[0] }
    public var kvHeads: Int { k.shape[0] }
    public var queries: Int { q.shape[1] }
    public var keys: Int { k.shape[1] }
    public var headSize: Int { q.shape[2] }
    public var valueHeadSize: Int { v.shape[2] }

    /// Reads only the header, so that a task whose tensors are wrong can be answered.
    /// - Throws: `MessageError` if the payload is no task at all.
    public static func header(of payload: [UInt8]) throws(MessageError) -> TaskHeader {
        try TaskHeader(try Safetensors(message: payload))
    }

    /// - Throws: `MessageError`: `.malformed`, `.version`, `.unsupported` (op), `.invalid` (shapes, types, numbers).
    public init(decoding payload: [UInt8]) throws(MessageError) {
        tensors = try Safetensors(message: payload)
        header = try TaskHeader(tensors)
        try ProtocolVersion.check(tensors.metadata["protocol"])
        guard header.op == Self.attention else {
            throw MessageError(.unsupported, "op '\(header.op.prefix(32))' is not computed here")
        }
        let fields = MessageFields(fields: tensors.metadata)
        scale = try fields.parse("scale", as: "a finite number") { Float($0).flatMap { $0.isFinite ? $0 : nil } }
        causalOffset = try fields.optional("causal_offset", as: "an integer") { Int($0) }
        q = try tensors.requireTensor("Q")
        k = try tensors.requireTensor("K")
        v = try tensors.requireTensor("V")
        mask = tensors["attn_mask"]
        try checkShapes()
    }

    /// The operator whose tasks this is: ONNX `Attention`.
    public static let attention = "Attention"

    private func checkShapes() throws(MessageError) {
        func invalid(_ why: String) -> MessageError {
            MessageError(.invalid, "\(why): Q \(q.shape), K \(k.shape), V \(v.shape), attn_mask \(mask?.shape ?? [])")
        }
        guard q.shape.count == 3, k.shape.count == 3, v.shape.count == 3 else { throw invalid("ranks must be 3") }
        guard q.type == k.type, k.type == v.type, [.f32, .f16, .bf16].contains(q.type) else {
            throw MessageError(.invalid, "Q, K and V must be of one type out of F32, F16, BF16")
        }
        guard queryHeads > 0, kvHeads > 0, queryHeads % kvHeads == 0, v.shape[0] == kvHeads else {
            throw invalid("the key/value heads must be the same for K and V and divide the query heads")
        }
        guard k.shape[2] == headSize, v.shape[1] == keys else { throw invalid("head sizes or key lengths differ") }
        guard queries > 0, keys > 0, headSize > 0, valueHeadSize > 0 else { throw invalid("a dimension is 0") }
        // The partial is as large as Q's rows times V's columns: a small task could call for more memory than there is.
        let (elements, overflow) = (queryHeads * queries).multipliedReportingOverflow(by: valueHeadSize + 1)
        guard !overflow, elements <= Message.maximumPacketSize / 4 else {
            throw invalid("the partial would not fit an MQTT packet")
        }
        guard let mask else { return }
        guard mask.type == .bool || mask.type == .f32 else {
            throw MessageError(.invalid, "attn_mask must be BOOL or F32, not \(mask.type.rawValue)")
        }
        guard mask.shape.count == 3, [1, queryHeads].contains(mask.shape[0]), [1, queries].contains(mask.shape[1]),
            mask.shape[2] == keys
        else { throw invalid("the mask does not fit") }
    }

    /// Lays a task out as a payload; the sources write straight into it.
    public static func encode(
        _ header: TaskHeader, scale: Float, causalOffset: Int?, tensors: [TensorSource]
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = header.metadata
        metadata["scale"] = scale.description
        metadata["causal_offset"] = causalOffset.map(String.init)
        return try Safetensors.encode(metadata: metadata, tensors: tensors)
    }
}

/// Which attempt at which shard a task is.
public struct TaskHeader: Sendable, Equatable {
    public var op: String
    public var job: JobID
    public var shard: Int
    /// 1 for the first.
    public var attempt: Int
    public var lease: LeaseToken
    /// The life of the worker that the task is meant for.
    public var incarnation: Incarnation

    public init(
        op: String = TaskMessage.attention, job: JobID, shard: Int, attempt: Int, lease: LeaseToken,
        incarnation: Incarnation
    ) {
        self.op = op
        self.job = job
        self.shard = shard
        self.attempt = attempt
        self.lease = lease
        self.incarnation = incarnation
    }

    init(_ file: Safetensors) throws(MessageError) {
        let fields = MessageFields(fields: file.metadata)
        guard try fields.string("message") == "task" else { throw MessageError(.malformed, "not a task") }
        op = try fields.string("op")
        job = try fields.parse("job", as: "a job ID (\(JobID.rule))") { JobID($0) }
        shard = try fields.int("shard")
        attempt = try fields.int("attempt")
        lease = try fields.parse("lease", as: "a lease") { LeaseToken($0) }
        incarnation = Incarnation(try fields.parse("incarnation", as: "an incarnation") { UInt64($0) })
    }

    var metadata: [String: String] {
        [
            "protocol": ProtocolVersion.current, "message": "task", "op": op, "job": job.text,
            "shard": String(shard), "attempt": String(attempt), "lease": lease.description,
            "incarnation": String(incarnation.number),
        ]
    }
}
