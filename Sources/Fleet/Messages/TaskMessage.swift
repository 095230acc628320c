public import Codecs

/// One attempt at a shard, from a dispatcher to a worker.
///
/// Metadata: `protocol`, `message` = `task`, `op`, `job`, `shard`, `attempt`, `lease`, `incarnation`, and those of
/// `TaskAttributes`. Tensors, row-major, Q, K and V of one type out of F32, F16 and BF16:
///
/// - `Q` [query heads, queries, head size]
/// - `K` [key/value heads, keys, key size], `V` [key/value heads, keys, value head size]
/// - or all three of I8, with `Q_scale`, `K_scale` and `V_scale` F32 [heads, queries or keys], which their rows are multiplied with
/// - `attn_mask`, if any: [1 or query heads, 1 or queries, keys]; BOOL (true: attend), or F32 to be added
/// - those of `AdditiveWeights`, if `op` is `AdditiveAttention`; else the key size is the head size
///
/// Optional metadata `context`: the digest of K and V. The worker keeps them under it; a task with it and without `K` and
/// `V` attends to those that were kept.
///
/// Query head h attends key/value head h / (query heads / key/value heads). Positions are the shard's own.
///
/// Unlike every other message, a task with a field or tensor that is not known here is refused: it may change the
/// result, and a partial of something else than was asked for would be merged unnoticed.
public struct TaskMessage: Sendable {
    public let header: TaskHeader
    public let attributes: TaskAttributes
    public let tensors: Safetensors
    public let q: TensorInfo
    /// Of Q of type I8.
    public let qScale: TensorInfo?
    public let context: AttentionContext
    public let mask: TensorInfo?
    /// Of `AdditiveAttention` only.
    public let weights: AdditiveWeights?

    /// In `context.tensors`, as `v` is.
    public var k: TensorInfo { context.k }
    public var v: TensorInfo { context.v }
    public var queryHeads: Int { q.shape[0] }
    public var kvHeads: Int { k.shape[0] }
    public var queries: Int { q.shape[1] }
    public var keys: Int { k.shape[1] }
    public var headSize: Int { q.shape[2] }
    public var keySize: Int { k.shape[2] }
    public var valueHeadSize: Int { v.shape[2] }

    /// Reads only the header, so that a task whose tensors are wrong can be answered.
    /// - Throws: `MessageError` if the payload is no task at all.
    public static func header(of payload: [UInt8]) throws(MessageError) -> TaskHeader {
        try TaskHeader(try Safetensors(message: payload))
    }

    /// - Parameter kept: the keys and values of an earlier task of the same dispatcher.
    /// - Throws: `MessageError`: `.malformed`, `.version`, `.unsupported` (op, a field or tensor that is not known),
    ///   `.invalid` (shapes, types, numbers), `.missing` (keys and values that are not kept).
    public init(
        decoding payload: [UInt8], kept: (BlobDigest) -> AttentionContext? = { _ in nil }
    ) throws(MessageError) {
        let file = try Safetensors(message: payload)
        let header = try TaskHeader(file)
        try ProtocolVersion.check(file.metadata["protocol"])
        guard let op = AttentionOperator(rawValue: header.op) else {
            throw MessageError(.unsupported, "op '\(header.op.prefix(32))' is not computed here")
        }
        try Self.checkNames(file, op)
        let fields = MessageFields(fields: file.metadata)
        let digest = try fields.optional(Self.contextField, as: "a digest") { BlobDigest($0) }
        try self.init(
            header, try TaskAttributes(fields), op, file, try Self.context(digest, file, kept))
    }

    /// A task that goes nowhere.
    ///
    /// - Throws: `MessageError` as if it were decoded, and `.invalid` if the tensors cannot be laid out.
    public init(
        _ header: TaskHeader, _ attributes: TaskAttributes, _ op: AttentionOperator, holding sources: [TensorSource]
    ) throws(MessageError) {
        let tensors: Safetensors
        do throws(SafetensorsError) { tensors = try Safetensors(holding: sources) } catch {
            throw MessageError(.invalid, error.message)
        }
        try self.init(
            header, attributes, op, tensors, try Self.context(nil, tensors) { _ in nil })
    }

    private init(
        _ header: TaskHeader, _ attributes: TaskAttributes, _ op: AttentionOperator, _ tensors: Safetensors,
        _ context: AttentionContext
    ) throws(MessageError) {
        (self.header, self.attributes, self.tensors, self.context) = (header, attributes, tensors, context)
        q = try tensors.requireTensor("Q")
        qScale = tensors["Q_scale"]
        mask = tensors["attn_mask"]
        try Self.checkRanks(q, context.k, context.v)
        try Self.checkTypes(op, q, qScale, context)
        weights = op == .additiveAttention ? try AdditiveWeights(tensors, q: q, k: context.k) : nil
        try checkShapes()
    }

    private static func context(
        _ digest: BlobDigest?, _ tensors: Safetensors, _ kept: (BlobDigest) -> AttentionContext?
    ) throws(MessageError) -> AttentionContext {
        if let own = try AttentionContext(digest, in: tensors) { return own }
        guard let digest, let context = kept(digest) else {
            throw MessageError(.missing, "K and V of that digest are not kept here")
        }
        return context
    }

    static let contextField = "context"

    /// Lays a task out as a payload; the sources write straight into it.
    ///
    /// - Parameter context: names K and V, which are among `tensors` unless the worker keeps them.
    public static func encode(
        _ header: TaskHeader, _ attributes: TaskAttributes, context: BlobDigest? = nil, tensors: [TensorSource]
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = header.metadata.merging(attributes.metadata) { own, _ in own }
        metadata[contextField] = context?.description
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
        op: String = AttentionOperator.attention.rawValue, job: JobID, shard: Int, attempt: Int, lease: LeaseToken,
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

    static let fieldNames: Set<String> = [
        "protocol", "message", "op", "job", "shard", "attempt", "lease", "incarnation",
    ]

    var metadata: [String: String] {
        [
            "protocol": ProtocolVersion.current, "message": "task", "op": op, "job": job.text,
            "shard": String(shard), "attempt": String(attempt), "lease": lease.description,
            "incarnation": String(incarnation.number),
        ]
    }
}
