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

    /// The key/value heads that serve the shard's query heads.
    func kvHeads(of problem: AttentionProblem) -> Range<Int> {
        heads.lowerBound / problem.group..<(heads.upperBound - 1) / problem.group + 1
    }

    package func context(of problem: AttentionProblem) -> ContextPlace {
        ContextPlace(batch: batch, kvHeads: kvHeads(of: problem), keys: keys)
    }
}

/// Where in K and V a shard's own are: shards of the same place share them.
package struct ContextPlace: Hashable {
    package var batch: Int
    package var kvHeads: Range<Int>
    package var keys: Range<Int>
}

/// How a job is cut: shards whose row groups cover each row once, and whose keys cover each row group's keys once.
public struct AttentionPlan: Sendable, Equatable {
    public var shards: [Shard]
    /// Per row group the number of its blocks.
    public var blocks: [Int]
    /// Of each shard, its worker's place among the planner's; empty: whoever is free.
    public var owners: [Int] = []
    public var headRanges: Int
    public var queryRanges: Int
    public var keyRanges: Int
}
