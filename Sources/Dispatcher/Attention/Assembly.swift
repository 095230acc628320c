import AttnMath
import Codecs
public import Compute

/// A job's output as it comes together: partials merged in block order, each exactly once.
///
/// The accumulator is float32, [batch, query heads, queries, value head size] with a log-sum-exp per row. A partial
/// whose predecessors are missing is held until they came, so that the same plan gives the same bits in whatever
/// order results arrive.
public struct Assembly: Sendable {
    private let problem: AttentionProblem
    private let plan: AttentionPlan
    private var output: [Float]
    private var lse: [Float]
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
        let rows = problem.batch * problem.queryHeads * problem.queryLength
        output = Array(repeating: 0, count: rows * problem.valueHeadSize)
        lse = Array(repeating: -.infinity, count: rows)
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
        held[index] = partial
        let group = plan.shards[index].rowGroup
        while merged[group] < plan.blocks[group],
            let next = held.removeValue(forKey: firstShard[group] + merged[group])
        {
            merge(next, plan.shards[firstShard[group] + merged[group]])
            merged[group] += 1
        }
        return true
    }

    private mutating func merge(_ partial: Partial, _ shard: Shard) {
        let (size, queries) = (problem.valueHeadSize, shard.queries.count)
        for (index, head) in shard.heads.enumerated() {
            let row = (shard.batch * problem.queryHeads + head) * problem.queryLength + shard.queries.lowerBound
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

    /// The output `Y` as the request wants it: Q's type and rank.
    func source(for request: AttentionRequest) -> TensorSource {
        let type = request.outputType
        let format = FloatFormat(type) ?? .float32
        let problem = problem
        let rows = request.q.isPacked
        let shape =
            rows
            ? [problem.batch, problem.queryLength, problem.queryHeads * problem.valueHeadSize]
            : [problem.batch, problem.queryHeads, problem.queryLength, problem.valueHeadSize]
        return TensorSource("Y", type, shape: shape) { [output] destination in
            output.withUnsafeBufferPointer { output in
                let size = problem.valueHeadSize
                func encode(_ row: Int, count: Int, to place: Int) {
                    let width = size * type.byteWidth
                    do {
                        try format.encode(
                            UnsafeBufferPointer(rebasing: output[row * size..<(row + count) * size]),
                            into: UnsafeMutableRawBufferPointer(
                                rebasing: destination[place * width..<(place + count) * width]))
                    } catch {
                        preconditionFailure("the output has the size it was made with: \(error)")
                    }
                }
                guard rows else { return encode(0, count: output.count / size, to: 0) }
                for batch in 0..<problem.batch {
                    for head in 0..<problem.queryHeads {
                        for query in 0..<problem.queryLength {
                            encode(
                                (batch * problem.queryHeads + head) * problem.queryLength + query, count: 1,
                                to: (batch * problem.queryLength + query) * problem.queryHeads + head)
                        }
                    }
                }
            }
        }
    }
}
