import Codecs
import Compute
import Fleet

/// An attention job: its plan, and its output as partials are merged.
struct AttentionWork: JobWork {
    let attention: AttentionRequest
    let attentionPlan: AttentionPlan
    /// Made when it is first needed: a job that waits in the journal takes no memory for its output.
    private var assembly: Assembly?
    /// Whether the inputs can make an output that is not finite; found out when one is.
    private var mayBeNonFinite: Bool?

    init(_ attention: AttentionRequest, _ plan: AttentionPlan) {
        self.attention = attention
        attentionPlan = plan
    }

    var shardCount: Int { attentionPlan.shards.count }
    var shardsPerStage: Int { shardCount }
    var shardFlops: Double { attention.problem.flops / Double(max(shardCount, 1)) }
    var residentBytes: Int { 0 }
    var residencyKeys: [UInt64] { [] }
    var shapeKind: Int { attention.op == .attention ? 0 : 1 }
    var outputBytes: Int { attention.problem.outputBytes }

    func encodeTask(_ header: TaskHeader, shard: Int) throws(SafetensorsError) -> [UInt8] {
        try attention.encodeTask(header, for: attentionPlan.shards[shard])
    }

    mutating func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        let partial = try Partial(result, for: attentionPlan.shards[shard], of: attention.problem)
        if !partial.isFinite {
            let inputsMayBeToBlame = mayBeNonFinite ?? attention.mayBeNonFinite()
            mayBeNonFinite = inputsMayBeToBlame
            guard inputsMayBeToBlame else { throw InvalidPartial(description: "it holds NaN or infinity") }
        }
        return .partial(partial)
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .partial(let partial) = output else { return }
        if assembly == nil { assembly = Assembly(attention.problem, attentionPlan) }
        assembly?.take(partial, shard: shard)
    }

    var plan: JSON.Object {
        [
            "shards": JSON(shardCount), "head_ranges": JSON(attentionPlan.headRanges),
            "query_ranges": JSON(attentionPlan.queryRanges), "key_ranges": JSON(attentionPlan.keyRanges),
        ]
    }

    func place(of index: Int) -> JSON.Object {
        let shard = attentionPlan.shards[index]
        return [
            "batch": JSON(shard.batch), "heads": JSON(shard.heads), "queries": JSON(shard.queries),
            "keys": JSON(shard.keys),
        ]
    }

    mutating func outputs() -> [TensorSource] {
        (assembly ?? Assembly(attention.problem, attentionPlan)).sources(for: attention)
    }
}

extension JSON {
    /// `[first, end]`.
    init(_ range: Range<Int>) { self.init([range.lowerBound, range.upperBound]) }
}
