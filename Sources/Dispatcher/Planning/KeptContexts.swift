/// What each worker is spared of its later shards, since it keeps the keys and values of its earlier ones.
struct KeptContexts {
    private let plan: AttentionPlan
    private let problem: AttentionProblem
    private let fleet: PlannedFleet
    private let wire: WireFormat
    /// By worker; empty if nobody gets a second shard of the same.
    private var kept: [Set<ContextPlace>] = []

    init(_ plan: AttentionPlan, _ problem: AttentionProblem, _ fleet: PlannedFleet, _ wire: WireFormat) {
        (self.plan, self.problem, self.fleet, self.wire) = (plan, problem, fleet, wire)
        guard plan.shards.count > 1, !plan.repeatedContexts(problem).isEmpty else { return }
        kept = Array(repeating: [], count: fleet.workers.count)
    }

    /// Bytes of the shard's task that its worker has already; asked in the order of sending.
    mutating func spared(_ shard: Int) -> Int {
        guard !kept.isEmpty else { return 0 }
        let owner = plan.owners[shard]
        let place = plan.shards[shard].context(of: problem)
        let bytes = problem.keyValueBytes(
            kvHeads: place.kvHeads.count, keys: place.keys.count, wire: wire)
        guard fleet.workers[owner].contextBytes >= bytes else { return 0 }
        return kept[owner].insert(place).inserted ? 0 : bytes
    }
}
