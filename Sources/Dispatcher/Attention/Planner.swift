public import Fleet

/// Cuts an attention problem into shards.
///
/// Heads first (no byte is sent twice), then queries (keys are repeated), then keys (queries are repeated and
/// partials merged), each in equal parts, until there is a shard for every slot and each fits a message.
/// Large jobs get several shards a slot, so that a slow or lost worker holds back little.
public func planAttention(_ problem: AttentionProblem, limits: PlanLimits) throws(JobError) -> AttentionPlan {
    var cut = Cut(problem)
    let wanted = wantedShards(problem, limits)
    while cut.count(problem) < wanted, cut.flops(problem) / 2 >= limits.smallestFlops, cut.split(problem) {}
    while !cut.fits(problem, limits) {
        guard cut.splitForSize(problem) else {
            throw JobError(
                .tooLarge,
                "one query of head size \(problem.headSize) with one key does not fit a message of "
                    + "\(limits.messageBytes) bytes")
        }
        try checkCount(cut, problem, limits)
    }
    try checkCount(cut, problem, limits)
    return cut.plan(problem)
}

/// Most shards of one job: its report has about 350 bytes a shard, and has to fit an answer's header of 16 MiB.
let maxShards = 32_768

private func checkCount(_ cut: Cut, _ problem: AttentionProblem, _ limits: PlanLimits) throws(JobError) {
    guard cut.count(problem) <= maxShards else {
        throw JobError(
            .tooLarge, "the job would need more than \(maxShards) messages of \(limits.messageBytes) bytes")
    }
}

/// One shard a slot; four a slot for jobs of over half a second's work (5 GFLOP) per slot.
private func wantedShards(_ problem: AttentionProblem, _ limits: PlanLimits) -> Int {
    problem.flops / Double(limits.slots) > 5e9 ? 4 * limits.slots : limits.slots
}

/// Into how many parts each dimension is cut.
private struct Cut {
    var heads = 1
    var queries = 1
    var keys = 1
    /// Head ranges fall between groups of query heads; past that, within them.
    private let mostHeads: Int

    init(_ problem: AttentionProblem) {
        mostHeads = problem.queryHeads
    }

    func count(_ problem: AttentionProblem) -> Int { problem.batch * heads * queries * keys }

    func flops(_ problem: AttentionProblem) -> Double { problem.flops / Double(count(problem)) }

    /// One more part, of the cheapest dimension that still has one. False when nothing is left to cut.
    mutating func split(_ problem: AttentionProblem) -> Bool {
        if let next = nextHeadCut(problem) {
            heads = next
        } else if queries < problem.queryLength, problem.queryLength / (queries + 1) >= min(64, problem.queryLength) {
            queries += 1
        } else if keys < problem.keyLength, problem.keyLength / (keys + 1) >= min(512, problem.keyLength) {
            keys += 1
        } else {
            return false
        }
        return true
    }

    /// Halves what makes the message large: the longer of queries and keys, or the heads.
    mutating func splitForSize(_ problem: AttentionProblem) -> Bool {
        if let next = nextHeadCut(problem) {
            heads = next
            return true
        }
        let queryPart = ceilDivide(problem.queryLength, queries)
        let keyPart = ceilDivide(problem.keyLength, keys)
        if queryPart == 1, keyPart == 1 { return false }
        if queryPart >= keyPart {
            queries = min(2 * queries, problem.queryLength)
        } else {
            keys = min(2 * keys, problem.keyLength)
        }
        return true
    }

    /// Parts of whole groups while there are groups, then parts within a group.
    private func nextHeadCut(_ problem: AttentionProblem) -> Int? {
        guard heads < mostHeads else { return nil }
        if heads < problem.kvHeads { return heads + 1 }
        return (heads / problem.kvHeads + 1) * problem.kvHeads
    }

    func fits(_ problem: AttentionProblem, _ limits: PlanLimits) -> Bool {
        // Of the largest range: whole groups, or a part of one.
        let kvHeads = ceilDivide(problem.kvHeads, heads)
        let queryHeads =
            heads <= problem.kvHeads
            ? kvHeads * problem.group : ceilDivide(problem.group, heads / problem.kvHeads)
        let queryPart = ceilDivide(problem.queryLength, queries)
        let keyPart = ceilDivide(problem.keyLength, keys)
        let inputs =
            queryHeads * queryPart * problem.headSize
            + kvHeads * keyPart * (problem.headSize + problem.valueHeadSize)
        var task = inputs * limits.elementBytes
        if let mask = problem.mask {
            let maskHeads = mask.sizes[1] == 1 ? 1 : queryHeads
            let maskQueries = mask.sizes[2] == 1 ? 1 : queryPart
            task += maskHeads * maskQueries * keyPart * (mask.kind == .boolean ? 1 : 4)
        }
        let partial = queryHeads * queryPart * (problem.valueHeadSize + 1) * 4
        return max(task, partial) <= limits.messageBytes
    }

    func plan(_ problem: AttentionProblem) -> AttentionPlan {
        let keyPart = ceilDivide(problem.keyLength, keys)
        var plan = AttentionPlan(
            shards: [], blocks: [], headRanges: heads, queryRanges: queries, keyRanges: keys)
        for batch in 0..<problem.batch {
            for heads in headRanges(problem) {
                for queries in ranges(of: problem.queryLength, parts: queries) {
                    let visible = problem.visibleKeys(batch: batch, queries: queries)
                    let keyRanges = ranges(of: visible, parts: ceilDivide(visible, keyPart))
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

    private func headRanges(_ problem: AttentionProblem) -> [Range<Int>] {
        if heads <= problem.kvHeads {
            return ranges(of: problem.kvHeads, parts: heads).map {
                $0.lowerBound * problem.group..<$0.upperBound * problem.group
            }
        }
        return (0..<problem.kvHeads).flatMap { kvHead in
            ranges(of: problem.group, parts: heads / problem.kvHeads).map {
                kvHead * problem.group + $0.lowerBound..<kvHead * problem.group + $0.upperBound
            }
        }
    }
}

/// `0..<count` in at most `parts` non-empty ranges whose lengths differ by at most one.
func ranges(of count: Int, parts: Int) -> [Range<Int>] {
    let parts = max(min(parts, count), 0)
    return (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
}

private func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
