public import Fleet

/// Cuts an attention problem into shards.
///
/// Heads first (no byte is sent twice), then queries (keys are repeated), then keys (queries are repeated and
/// partials merged), each in equal parts, until there is a shard for every slot and each fits a message.
/// Large jobs get several shards a slot, so that a slow or lost worker holds back little. No shard has keys that none
/// of its queries sees, unless their scores are wanted.
public func planAttention(_ problem: AttentionProblem, limits: PlanLimits) throws(JobError) -> AttentionPlan {
    var cut = Cut(problem)
    let wanted = wantedShards(cut.flops, limits)
    while cut.count < wanted, cut.flops / Double(cut.count) / 2 >= limits.smallestFlops, cut.split() {}
    while !cut.fits(limits) {
        guard cut.splitForSize() else { throw cannotCarry(problem, limits) }
        try checkCount(cut, limits)
    }
    try checkCount(cut, limits)
    return cut.plan()
}

/// Most shards of one job: its report has about 350 bytes a shard, and has to fit an answer's header of 16 MiB.
let maxShards = 32_768

private func checkCount(_ cut: Cut, _ limits: PlanLimits) throws(JobError) {
    guard cut.count <= maxShards else {
        throw JobError(
            .tooLarge, "the job would need more than \(maxShards) messages of \(limits.messageBytes) bytes")
    }
}

func cannotCarry(_ problem: AttentionProblem, _ limits: PlanLimits) -> JobError {
    var what = "one query of head size \(problem.headSize) with one key"
    if case .additive(let additive) = problem.scoring {
        what += " and weights of hidden size \(additive.hiddenSize)"
    }
    return JobError(.tooLarge, "\(what) does not fit a message of \(limits.messageBytes) bytes")
}

/// One shard a slot; four a slot for jobs of over half a second's work (5 GFLOP) per slot.
private func wantedShards(_ flops: Double, _ limits: PlanLimits) -> Int {
    flops / Double(limits.slots) > 5e9 ? 4 * limits.slots : limits.slots
}
