import AttnMath
public import Compute

/// A job's output as it comes together: partials merged in block order, each exactly once.
///
/// The accumulator is float32, [batch, query heads, queries, value head size] with a log-sum-exp per row, and scores
/// [batch, query heads, queries, keys], if wanted. A partial whose predecessors are missing is held until they came, so
/// that the same plan gives the same bits in whatever order results arrive.
public struct Assembly: Sendable {
    let problem: AttentionProblem
    private let plan: AttentionPlan
    private(set) var output: [Float]
    private var lse: [Float]
    /// Empty unless wanted.
    private(set) var scores: [Float]
    /// Per row group how many of its blocks are merged.
    private var merged: [Int]
    private var held: [Int: Partial] = [:]
    private var isTaken: [Bool]
    /// How many shards' partials were taken.
    public private(set) var taken = 0
    /// Row group and block to shard, for the next one in line.
    private let firstShard: [Int]

    public init(_ problem: AttentionProblem, _ plan: AttentionPlan) {
        self.problem = problem
        self.plan = plan
        output = Array(repeating: 0, count: problem.rows * problem.valueHeadSize)
        lse = Array(repeating: -.infinity, count: problem.rows)
        // What is in no shard is hidden: a score of −∞, a probability of 0.
        scores = Array(
            repeating: problem.scoreOutput == .biased ? -.infinity : 0,
            count: problem.scoreOutput == nil ? 0 : problem.rows * problem.keyLength)
        merged = Array(repeating: 0, count: plan.blocks.count)
        isTaken = Array(repeating: false, count: plan.shards.count)
        var next = 0
        firstShard = plan.blocks.map { blocks in
            defer { next += blocks }
            return next
        }
    }

    /// Whether every block of every row group is merged: the exact coverage that finishes a job.
    public var isComplete: Bool { merged == plan.blocks && held.isEmpty }

    /// Takes the partial of a shard, merges it if it is next, and what was held for it.
    /// - Returns: false, with nothing changed, if the shard's partial was taken before.
    @discardableResult
    public mutating func take(_ partial: Partial, shard index: Int) -> Bool {
        guard !isTaken[index] else { return false }
        isTaken[index] = true
        taken += 1
        held[index] = Partial(output: partial.output, lse: partial.lse)
        if let scores = partial.scores { place(scores, plan.shards[index]) }
        let group = plan.shards[index].rowGroup
        while merged[group] < plan.blocks[group],
            let next = held.removeValue(forKey: firstShard[group] + merged[group])
        {
            merge(next, plan.shards[firstShard[group] + merged[group]])
            merged[group] += 1
        }
        if problem.scoreOutput == .probabilities, merged[group] == plan.blocks[group] { normalizeScores(of: group) }
        return true
    }

    /// The first of the shard's rows of one head, among all of the problem.
    private func firstRow(_ shard: Shard, head: Int) -> Int {
        (shard.batch * problem.queryHeads + head) * problem.queryLength + shard.queries.lowerBound
    }

    /// Every score comes from one shard: there is nothing to merge.
    private mutating func place(_ source: [Float], _ shard: Shard) {
        var from = 0
        for head in shard.heads {
            let first = firstRow(shard, head: head)
            for row in first..<first + shard.queries.count {
                let start = row * problem.keyLength + shard.keys.lowerBound
                scores.withUnsafeMutableBufferPointer { scores in
                    _ = UnsafeMutableBufferPointer(rebasing: scores[start..<start + shard.keys.count])
                        .update(fromContentsOf: source[from..<from + shard.keys.count])
                }
                from += shard.keys.count
            }
        }
    }

    /// Makes the scores of a row group, whose log-sum-exp is now that of all its keys, probabilities.
    private mutating func normalizeScores(of group: Int) {
        let blocks = plan.shards[firstShard[group]..<firstShard[group] + plan.blocks[group]]
        guard let shard = blocks.first, let last = blocks.last else { return }
        let keys = shard.keys.lowerBound..<last.keys.upperBound
        for head in shard.heads {
            let first = firstRow(shard, head: head)
            for row in first..<first + shard.queries.count {
                let start = row * problem.keyLength
                guard !lse[row].isNaN else {
                    // Its hidden keys too, whether they were in a shard or not.
                    for key in start..<start + problem.keyLength { scores[key] = .nan }
                    continue
                }
                scores.withUnsafeMutableBufferPointer { scores in
                    lse.withUnsafeBufferPointer { lse in
                        do {
                            try SoftmaxProbabilities.normalize(
                                UnsafeMutableBufferPointer(
                                    rebasing: scores[start + keys.lowerBound..<start + keys.upperBound]),
                                lse: UnsafeBufferPointer(rebasing: lse[row..<row + 1]), keys: keys.count)
                        } catch {
                            preconditionFailure("scores are as many as the keys: \(error)")
                        }
                    }
                }
            }
        }
    }

    private mutating func merge(_ partial: Partial, _ shard: Shard) {
        let (size, queries) = (problem.valueHeadSize, shard.queries.count)
        for (index, head) in shard.heads.enumerated() {
            let row = firstRow(shard, head: head)
            let from = index * queries
            if merged[shard.rowGroup] == 0 {
                output.withUnsafeMutableBufferPointer { output in
                    partial.output.withUnsafeBufferPointer { source in
                        _ = UnsafeMutableBufferPointer(rebasing: output[row * size..<(row + queries) * size])
                            .update(fromContentsOf: source[from * size..<(from + queries) * size])
                    }
                }
                lse.replaceSubrange(row..<row + queries, with: partial.lse[from..<from + queries])
                continue
            }
            mergeRows(partial, from: from, into: row, count: queries)
        }
    }

    private mutating func mergeRows(_ partial: Partial, from: Int, into row: Int, count: Int) {
        let size = problem.valueHeadSize
        output.withUnsafeMutableBufferPointer { output in
            lse.withUnsafeMutableBufferPointer { lse in
                partial.output.withUnsafeBufferPointer { sourceOutput in
                    partial.lse.withUnsafeBufferPointer { sourceLSE in
                        do {
                            try PartialMerge.merge(
                                UnsafeBufferPointer(rebasing: sourceOutput[from * size..<(from + count) * size]),
                                lse: UnsafeBufferPointer(rebasing: sourceLSE[from..<from + count]),
                                into: UnsafeMutableBufferPointer(rebasing: output[row * size..<(row + count) * size]),
                                lse: UnsafeMutableBufferPointer(rebasing: lse[row..<row + count]), valueHeadSize: size)
                        } catch {
                            preconditionFailure("partials are validated before they are taken: \(error)")
                        }
                    }
                }
            }
        }
    }
}
