import Fleet

/// Rows of a plan, and who computes which of their keys.
struct RowGroup: Equatable {
    struct Block: Equatable {
        var keys: Range<Int>
        /// A place among the plan's workers.
        var owner: Int
    }

    var batch: Int
    /// Whole groups of a key/value head, or within one.
    var heads: Range<Int>
    var queries: Range<Int>
    /// In the order of their keys; none if nothing is seen.
    var blocks: [Block]
}

/// Makes the pieces of a plan fit their messages.
struct MessageFitting {
    let problem: AttentionProblem
    let limits: PlanLimits
    let workers: [WorkerProfile]
    /// Whose pieces travel no further than this process.
    let here: Int?
    private(set) var groups: [RowGroup] = []
    private var shards = 0

    init(_ problem: AttentionProblem, _ limits: PlanLimits, _ workers: [WorkerProfile], here: Int?) {
        (self.problem, self.limits, self.workers, self.here) = (problem, limits, workers, here)
    }

    /// Of a task or result.
    private func mostBytes(of owner: Int) -> Int {
        owner == here ? limits.hereBytes : min(limits.messageBytes, workers[owner].mostBytes)
    }

    /// Takes a row group, cut further where it has to be.
    /// - Throws: `JobError.tooLarge` if one query of one head with one key is too large, or too many pieces came of it.
    mutating func add(_ group: RowGroup) throws(JobError) {
        guard let block = group.blocks.first(where: { !fits(group, $0) }) else {
            groups.append(group)
            shards += group.blocks.count
            return try checkCount()
        }
        for part in try halves(of: group, tooLarge: block) { try add(part) }
    }

    private func checkCount() throws(JobError) {
        guard shards <= maxShards else {
            throw JobError(
                .tooLarge, "the job would need more than \(maxShards) messages of \(limits.messageBytes) bytes")
        }
    }

    /// Heads first, which repeats nothing; then the longer of queries and keys.
    private func halves(of group: RowGroup, tooLarge block: RowGroup.Block) throws(JobError) -> [RowGroup] {
        let kvHeads = kvHeads(group.heads)
        if kvHeads.count > 1 {
            let middle = (kvHeads.lowerBound + kvHeads.count / 2) * problem.group
            return split(group, heads: middle)
        }
        let (queries, keys) = (group.queries.count, block.keys.count)
        if queries > 1, queries >= keys { return split(group, queries: group.queries.lowerBound + queries / 2) }
        if keys > 1 { return [withHalves(of: block, group)] }
        if group.heads.count > 1 { return split(group, heads: group.heads.lowerBound + group.heads.count / 2) }
        throw cannotCarry(problem, limits)
    }

    private func split(_ group: RowGroup, heads: Int) -> [RowGroup] {
        var (first, second) = (group, group)
        first.heads = group.heads.lowerBound..<heads
        second.heads = heads..<group.heads.upperBound
        return [first, second]
    }

    /// Each half without the keys that none of its queries sees.
    private func split(_ group: RowGroup, queries: Int) -> [RowGroup] {
        [group.queries.lowerBound..<queries, queries..<group.queries.upperBound].map { range in
            var half = group
            half.queries = range
            let seen = problem.keysToCompute(batch: group.batch, queries: range)
            half.blocks = group.blocks.compactMap { block in
                let keys = block.keys.clamped(to: seen)
                return keys.isEmpty ? nil : RowGroup.Block(keys: keys, owner: block.owner)
            }
            return half
        }
    }

    private func withHalves(of block: RowGroup.Block, _ group: RowGroup) -> RowGroup {
        var group = group
        group.blocks = group.blocks.flatMap { other in
            guard other == block else { return [other] }
            let middle = block.keys.lowerBound + block.keys.count / 2
            return [block.keys.lowerBound..<middle, middle..<block.keys.upperBound].map {
                RowGroup.Block(keys: $0, owner: block.owner)
            }
        }
        return group
    }

    private func fits(_ group: RowGroup, _ block: RowGroup.Block) -> Bool {
        let kvHeads = kvHeads(group.heads).count
        let rows = group.heads.count * group.queries.count
        let task = problem.taskBytes(
            heads: group.heads.count, kvHeads: kvHeads, queries: group.queries.count, keys: block.keys.count,
            wire: limits.wire)
        guard max(task, problem.resultBytes(rows: rows, keys: block.keys.count)) <= mostBytes(of: block.owner) else {
            return false
        }
        guard case .additive(let additive) = problem.scoring else { return true }
        let weights = additive.weightBytes(
            queryHeads: group.heads.count, kvHeads: kvHeads, headSize: problem.headSize)
        let projected = (rows + kvHeads * block.keys.count) * additive.hiddenSize
        return task + weights <= limits.packetBytes && projected <= AdditiveWeights.mostProjectedElements
    }

    private func kvHeads(_ heads: Range<Int>) -> Range<Int> {
        heads.lowerBound / problem.group..<(heads.upperBound - 1) / problem.group + 1
    }
}

extension AttentionPlan {
    init(_ groups: [RowGroup]) {
        self.init(shards: [], blocks: [], headRanges: 0, queryRanges: 0, keyRanges: 0)
        for group in groups {
            for (block, part) in group.blocks.enumerated() {
                shards.append(
                    Shard(
                        batch: group.batch, heads: group.heads, queries: group.queries, keys: part.keys, block: block,
                        rowGroup: blocks.count))
                owners.append(part.owner)
            }
            blocks.append(group.blocks.count)
        }
        headRanges = Set(groups.map(\.heads)).count
        queryRanges = Set(groups.map(\.queries)).count
        keyRanges = blocks.max() ?? 0
    }
}
