public import Codecs

/// The weights of an `AdditiveAttention` task, F32, row-major; H, G, D_q, D_k as the task's, U the hidden size.
public struct AdditiveWeights: Sendable {
    /// `W_query` [1 or H, U, D_q].
    public let query: TensorInfo
    /// `W_key` [1 or G, U, D_k].
    public let key: TensorInfo
    /// `w_score` [1 or H, U].
    public let score: TensorInfo

    /// U: what queries and keys are projected to.
    public var hiddenSize: Int { query.shape[1] }

    static let tensorNames: Set<String> = ["W_query", "W_key", "w_score"]

    /// - Throws: `MessageError`: `.malformed` if one is missing, `.invalid` if they do not fit the queries and keys.
    init(_ file: Safetensors, q: TensorInfo, k: TensorInfo) throws(MessageError) {
        query = try file.requireTensor("W_query")
        key = try file.requireTensor("W_key")
        score = try file.requireTensor("w_score")
        let shapes = (query.shape, key.shape, score.shape)
        func invalid(_ why: String) -> MessageError {
            MessageError(
                .invalid,
                "\(why): W_query \(shapes.0), W_key \(shapes.1), w_score \(shapes.2), Q \(q.shape), K \(k.shape)")
        }
        guard [query, key, score].allSatisfy({ $0.type == .f32 }) else { throw invalid("weights must be F32") }
        guard shapes.0.count == 3, shapes.1.count == 3, shapes.2.count == 2 else {
            throw invalid("ranks must be 3, 3, 2")
        }
        guard hiddenSize > 0, shapes.1[1] == hiddenSize, shapes.2[1] == hiddenSize else {
            throw invalid("the hidden sizes must be one and positive")
        }
        guard shapes.0[2] == q.shape[2], shapes.1[2] == k.shape[2] else { throw invalid("the head sizes differ") }
        guard [1, q.shape[0]].contains(shapes.0[0]), [1, k.shape[0]].contains(shapes.1[0]),
            [1, q.shape[0]].contains(shapes.2[0])
        else { throw invalid("the heads must be 1 or those of Q and K") }
        // Projected to the hidden size, a small task could call for more memory than there is.
        let rows = q.shape[0] * q.shape[1] + k.shape[0] * k.shape[1]
        let (elements, overflow) = rows.multipliedReportingOverflow(by: hiddenSize)
        guard !overflow, elements <= Self.mostProjectedElements else {
            throw invalid("projected to the hidden size, Q and K would take more than an MQTT packet")
        }
    }

    /// Most elements of projected queries and keys that one task may call for.
    package static let mostProjectedElements = Message.maximumPacketSize / 4
}
