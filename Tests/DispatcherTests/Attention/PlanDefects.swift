// What is wrong with a plan, by the operator's definition.

import AttnMath
@testable import Dispatcher
import Fleet

extension AttentionProblem {
    /// Small, with every feature now and then.
    static func random(_ random: inout SeededGenerator) -> AttentionProblem {
        let kvHeads = Int.random(in: 1...4, using: &random)
        var problem = AttentionProblem(
            batch: Int.random(in: 1...3, using: &random), queryHeads: kvHeads * Int.random(in: 1...4, using: &random),
            kvHeads: kvHeads, queryLength: Int.random(in: 1...13, using: &random),
            keyLength: Int.random(in: 1...17, using: &random), headSize: Int.random(in: 1...16, using: &random),
            valueHeadSize: Int.random(in: 1...16, using: &random), scale: 1, isCausal: Bool.random(using: &random))
        let windows = [nil, nil, 0, 1, 5, 40]
        problem.leftWindow = windows.randomElement(using: &random) ?? nil
        problem.rightWindow = windows.randomElement(using: &random) ?? nil
        problem.pastLength = Bool.random(using: &random) ? Int.random(in: 0..<problem.keyLength, using: &random) : 0
        problem.scoreOutput = [nil, nil, .raw, .capped, .biased, .probabilities].randomElement(using: &random) ?? nil
        if Int.random(in: 0..<4, using: &random) == 0 {
            let isPerHead = Bool.random(using: &random)
            problem.scoring = .additive(
                AdditiveScoring(
                    hiddenSize: Int.random(in: 1...9, using: &random), keySize: Int.random(in: 1...16, using: &random),
                    queryWeightHeads: isPerHead ? problem.queryHeads : 1,
                    keyWeightHeads: isPerHead ? problem.kvHeads : 1, scoreWeightHeads: 1))
        }
        if Bool.random(using: &random) {
            problem.validKeys = (0..<problem.batch).map { _ in Int.random(in: 0...problem.keyLength, using: &random) }
        }
        if Bool.random(using: &random) {
            let sizes = [problem.batch, problem.queryHeads, problem.queryLength].map { size in
                Bool.random(using: &random) ? 1 : size
            }
            problem.mask = MaskLayout(
                kind: Bool.random(using: &random) ? .boolean : .float,
                sizes: sizes + [Int.random(in: 0...problem.keyLength, using: &random)])
        }
        return problem
    }
}

/// The first way in which a plan is not one for the problem within the limits; nil if there is none.
func firstDefect(_ plan: AttentionPlan, _ problem: AttentionProblem, _ limits: PlanLimits) -> String? {
    for shard in plan.shards {
        if shard.heads.isEmpty || shard.queries.isEmpty || shard.keys.isEmpty { return "empty shard \(shard)" }
        let (first, last) = (shard.heads.lowerBound / problem.group, (shard.heads.upperBound - 1) / problem.group)
        let isWholeGroups = shard.heads.count % problem.group == 0 && shard.heads.lowerBound % problem.group == 0
        if !isWholeGroups, first != last { return "heads \(shard.heads) are neither whole groups nor within one" }
        let bytes = tensorBytes(shard, problem, limits)
        if bytes > limits.messageBytes { return "\(bytes) bytes in \(shard)" }
    }
    return orderDefect(plan) ?? coverageDefect(plan, problem)
}

/// Shards of a row group lie together, in the order of their keys, without gaps: that is the order of merging.
private func orderDefect(_ plan: AttentionPlan) -> String? {
    var next = 0
    for (group, blocks) in plan.blocks.enumerated() {
        var end: Int?
        for block in 0..<blocks {
            guard plan.shards.indices.contains(next) else { return "row group \(group) lacks shards" }
            let shard = plan.shards[next]
            guard shard.rowGroup == group, shard.block == block, shard.keys.lowerBound == end ?? shard.keys.lowerBound
            else {
                return "out of order: \(shard)"
            }
            let first = plan.shards[next - block]
            guard [shard.heads, shard.queries] == [first.heads, first.queries], shard.batch == first.batch else {
                return "row group \(group) has different rows"
            }
            end = shard.keys.upperBound
            next += 1
        }
    }
    return next == plan.shards.count ? nil : "shards of no row group"
}

/// Every (batch, head, query, key) at most once; every visible one exactly once, and hidden ones too where their scores
/// are wanted. A key that is not wanted of any query of a shard is not in it.
private func coverageDefect(_ plan: AttentionPlan, _ problem: AttentionProblem) -> String? {
    let (heads, queries, keys) = (problem.queryHeads, problem.queryLength, problem.keyLength)
    var count = [UInt8](repeating: 0, count: problem.batch * heads * queries * keys)
    for shard in plan.shards {
        for key in shard.keys {
            guard shard.queries.contains(where: { isWanted(problem, batch: shard.batch, query: $0, key: key) }) else {
                return "key \(key) is carried in vain in \(shard)"
            }
        }
        for head in shard.heads {
            for query in shard.queries {
                for key in shard.keys { count[((shard.batch * heads + head) * queries + query) * keys + key] += 1 }
            }
        }
    }
    for batch in 0..<problem.batch {
        for head in 0..<heads {
            for query in 0..<queries {
                for key in 0..<keys {
                    let times = count[((batch * heads + head) * queries + query) * keys + key]
                    let isWanted = isWanted(problem, batch: batch, query: query, key: key)
                    if times > 1 || isWanted && times == 0 {
                        return "batch \(batch), head \(head), query \(query), key \(key) computed \(times) times"
                    }
                }
            }
        }
    }
    return windowDefect(plan, problem)
}

private func isWanted(_ problem: AttentionProblem, batch: Int, query: Int, key: Int) -> Bool {
    problem.scoreOutput == .raw || problem.scoreOutput == .capped
        || isVisible(problem, batch: batch, query: query, key: key)
}

/// By the operator's definition, one pair at a time.
private func isVisible(_ problem: AttentionProblem, batch: Int, query: Int, key: Int) -> Bool {
    if let valid = problem.validKeys, key >= valid[batch] { return false }
    if let mask = problem.mask, key >= mask.sizes[3] { return false }
    let position = query + (problem.validKeys.map { $0[batch] - problem.queryLength } ?? problem.pastLength)
    if problem.isCausal, key > position { return false }
    if let left = problem.leftWindow, key < position - left { return false }
    if let right = problem.rightWindow, key > position + right { return false }
    return true
}

/// The window in a shard's own coordinates hides what the operator hides, and nothing else.
private func windowDefect(_ plan: AttentionPlan, _ problem: AttentionProblem) -> String? {
    for shard in plan.shards {
        let window = problem.window(of: shard)
        for (i, query) in shard.queries.enumerated() {
            for (j, key) in shard.keys.enumerated() {
                let isSeen = j >= i + (window.first ?? -i) && j <= i + (window.last ?? j)
                guard isSeen == isVisible(problem, batch: shard.batch, query: query, key: key) else {
                    return "query \(query) and key \(key) under \(window) in \(shard)"
                }
            }
        }
    }
    return nil
}

/// The larger of a shard's task, without weights, and partial, in bytes of tensors.
private func tensorBytes(_ shard: Shard, _ problem: AttentionProblem, _ limits: PlanLimits) -> Int {
    let kvHeads = (shard.heads.upperBound - 1) / problem.group - shard.heads.lowerBound / problem.group + 1
    let (rows, keys) = (shard.heads.count * shard.queries.count, kvHeads * shard.keys.count)
    var task = rows * limits.wire.bytes(row: problem.headSize)
    task += keys * (limits.wire.bytes(row: problem.keySize) + limits.wire.bytes(row: problem.valueHeadSize))
    if let mask = problem.mask {
        let maskRows =
            (mask.sizes[1] == 1 ? 1 : shard.heads.count) * (mask.sizes[2] == 1 ? 1 : shard.queries.count)
        task += maskRows * shard.keys.count * (mask.kind == .boolean ? 1 : 4)
    }
    let scores = problem.scoreOutput == nil ? 0 : shard.keys.count
    return max(task, rows * (problem.valueHeadSize + 1 + scores) * 4)
}
