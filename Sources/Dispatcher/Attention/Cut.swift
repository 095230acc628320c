import Fleet

/// Into how many parts each dimension of a problem is cut.
struct Cut {
    private let problem: AttentionProblem
    /// Of the whole problem.
    let flops: Double
    /// Head ranges fall between groups of query heads; past that, within them.
    private var heads = 1
    private var queries = 1
    /// The most keys of a shard. A length and not a number of parts, since windows leave each query range other keys.
    private var keyPart: Int

    init(_ problem: AttentionProblem) {
        self.problem = problem
        flops = problem.flops
        keyPart = problem.keyLength
    }

    /// The most queries of a shard.
    private var queryPart: Int { ceilDivide(problem.queryLength, queries) }

    /// The most keys that all shards of a row group cover together.
    private var span: Int { problem.mostKeys(queries: queryPart) }

    private var keyRanges: Int { ceilDivide(span, keyPart) }

    /// The number of shards; at most, since a plan leaves hidden keys out.
    var count: Int {
        // Keys past the real ones begin a range of their own.
        let hidden = problem.scoreOutput?.includesHiddenKeys == true ? 1 : 0
        return problem.batch * heads * queries * (keyRanges + hidden)
    }

    /// One more part, of the cheapest dimension that still has one. False when nothing is left to cut.
    mutating func split() -> Bool {
        if let next = nextHeadCut {
            heads = next
        } else if queries < problem.queryLength, problem.queryLength / (queries + 1) >= min(64, problem.queryLength) {
            queries += 1
        } else if keyRanges < span, span / (keyRanges + 1) >= min(512, span) {
            keyPart = ceilDivide(span, keyRanges + 1)
        } else {
            return false
        }
        return true
    }

    /// Halves what makes the message large: the longer of queries and keys, or the heads.
    mutating func splitForSize() -> Bool {
        if let next = nextHeadCut {
            heads = next
            return true
        }
        let keys = min(keyPart, span)
        if queryPart == 1, keys == 1 { return false }
        if queryPart >= keys {
            queries = min(2 * queries, problem.queryLength)
        } else {
            keyPart = ceilDivide(keys, 2)
        }
        return true
    }

    /// Parts of whole groups while there are groups, then parts within a group.
    private var nextHeadCut: Int? {
        guard heads < problem.queryHeads else { return nil }
        if heads < problem.kvHeads { return heads + 1 }
        return (heads / problem.kvHeads + 1) * problem.kvHeads
    }

    /// Whether the largest shard's task and partial are messages of the size wanted, and its weights, which cutting does
    /// not make smaller, within a packet with the rest.
    func fits(_ limits: PlanLimits) -> Bool {
        // Of the largest range: whole groups, or a part of one.
        let kvHeads = ceilDivide(problem.kvHeads, heads)
        let queryHeads =
            heads <= problem.kvHeads
            ? kvHeads * problem.group : ceilDivide(problem.group, heads / problem.kvHeads)
        let keys = min(keyPart, span)
        let rows = queryHeads * queryPart
        let task = problem.taskBytes(
            heads: queryHeads, kvHeads: kvHeads, queries: queryPart, keys: keys, wire: limits.wire)
        let columns = problem.valueHeadSize + 1 + (problem.scoreOutput == nil ? 0 : keys)
        guard max(task, 4 * rows * columns) <= limits.messageBytes else { return false }
        guard case .additive(let additive) = problem.scoring else { return true }
        let weights = additive.weightBytes(queryHeads: queryHeads, kvHeads: kvHeads, headSize: problem.headSize)
        let projected = (rows + kvHeads * keys) * additive.hiddenSize
        return task + weights <= limits.packetBytes && projected <= AdditiveWeights.mostProjectedElements
    }

    func plan() -> AttentionPlan {
        var plan = AttentionPlan(
            shards: [], blocks: [], headRanges: heads, queryRanges: queries, keyRanges: keyRanges)
        for batch in 0..<problem.batch {
            for heads in headRanges {
                for queries in ranges(of: 0..<problem.queryLength, parts: queries) {
                    let keyRanges = keyRanges(batch: batch, queries: queries)
                    for (block, keys) in keyRanges.enumerated() {
                        plan.shards.append(
                            Shard(
                                batch: batch, heads: heads, queries: queries, keys: keys, block: block,
                                rowGroup: plan.blocks.count))
                    }
                    plan.blocks.append(keyRanges.count)
                }
            }
        }
        return plan
    }

    private func keyRanges(batch: Int, queries: Range<Int>) -> [Range<Int>] {
        func cut(_ keys: Range<Int>) -> [Range<Int>] { ranges(of: keys, parts: ceilDivide(keys.count, keyPart)) }
        guard problem.scoreOutput?.includesHiddenKeys == true else {
            return cut(problem.visibleKeys(batch: batch, queries: queries))
        }
        let reach = problem.reach(batch: batch)
        return cut(0..<reach) + cut(reach..<problem.keyLength)
    }

    private var headRanges: [Range<Int>] {
        if heads <= problem.kvHeads {
            return ranges(of: 0..<problem.kvHeads, parts: heads).map {
                $0.lowerBound * problem.group..<$0.upperBound * problem.group
            }
        }
        return (0..<problem.kvHeads).flatMap { kvHead in
            ranges(of: kvHead * problem.group..<(kvHead + 1) * problem.group, parts: heads / problem.kvHeads)
        }
    }
}

/// `whole` in at most `parts` non-empty ranges whose lengths differ by at most one.
private func ranges(of whole: Range<Int>, parts: Int) -> [Range<Int>] {
    let parts = max(min(parts, whole.count), 0)
    return (0..<parts).map {
        whole.lowerBound + $0 * whole.count / parts..<whole.lowerBound + ($0 + 1) * whole.count / parts
    }
}

private func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
