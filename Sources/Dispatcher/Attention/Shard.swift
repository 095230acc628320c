/// One piece of a plan: batch row × query heads × queries × keys.
public struct Shard: Sendable, Equatable {
    public var batch: Int
    /// Query heads: either whole groups of a key/value head, or within one group.
    public var heads: Range<Int>
    public var queries: Range<Int>
    public var keys: Range<Int>
    /// Which of the key ranges of its rows this is, from 0: partials merge in this order.
    public var block: Int
    /// The plan's rows (batch × heads × queries) that this shard is part of; shards of one row group differ in keys.
    public var rowGroup: Int
}

/// How a job is cut: shards whose row groups cover each row once, and whose keys cover each row group's keys once.
public struct AttentionPlan: Sendable, Equatable {
    public var shards: [Shard]
    /// Per row group the number of its blocks.
    public var blocks: [Int]
    public var headRanges: Int
    public var queryRanges: Int
    public var keyRanges: Int
}

/// The sizes of one shard's task and partial.
struct ShardSizes {
    let queryHeads: Int
    let kvHeads: Range<Int>
    let queries: Int
    let keys: Int

    init(_ shard: Shard, of problem: AttentionProblem) {
        queryHeads = shard.heads.count
        let group = problem.group
        kvHeads = shard.heads.lowerBound / group..<(shard.heads.upperBound - 1) / group + 1
        queries = shard.queries.count
        keys = shard.keys.count
    }
}
