/// When each shard of a plan is predicted to be where, in seconds from the plan on.
///
/// The dispatcher and the broker hand on one message at a time, each way; a worker's link carries one at a time each way; a
/// slot computes one task at a time. Tasks are sent in rounds, one to each worker.
public struct Timeline: Sendable, Equatable {
    public struct Span: Sendable, Equatable {
        /// When the task leaves the dispatcher.
        public var sent: Double
        /// When the worker has all of it.
        public var arrived: Double
        public var begun: Double
        public var computed: Double
        /// When the dispatcher has the result.
        public var done: Double
    }

    /// By shard.
    public private(set) var spans: [Span]
    /// When the last result is there.
    public private(set) var makespan = 0.0
    /// Of tasks and results.
    public private(set) var bytes = 0

    /// How long the longest way of a task to its worker is, from the plan on.
    package var longestTransit: Duration { .seconds(min(spans.reduce(0) { max($0, $1.arrived) }, 86_400)) }

    init(_ plan: AttentionPlan, _ problem: AttentionProblem, _ fleet: PlannedFleet, wire: WireFormat) {
        spans = Array(repeating: Span(sent: 0, arrived: 0, begun: 0, computed: 0, done: 0), count: plan.shards.count)
        let results = plan.shards.map { Double(problem.resultBytes(of: $0)) }
        send(plan, problem, fleet, wire)
        receive(results, plan, fleet)
        makespan = spans.reduce(0) { max($0, $1.done) }
    }

    private mutating func send(
        _ plan: AttentionPlan, _ problem: AttentionProblem, _ fleet: PlannedFleet, _ wire: WireFormat
    ) {
        var broker = fleet.brokerBacklog
        var links = Array(repeating: 0.0, count: fleet.workers.count)
        var slots = fleet.workers.map { Array(repeating: $0.backlog, count: $0.slots) }
        var contexts = KeptContexts(plan, problem, fleet, wire)
        for shard in plan.inRounds(workers: fleet.workers.count) {
            let owner = plan.owners[shard]
            let worker = fleet.workers[owner]
            let size = problem.taskBytes(of: plan.shards[shard], wire: wire) - contexts.spared(shard)
            spans[shard].sent = broker
            if !fleet.isHere(owner) {
                bytes += size + problem.resultBytes(of: plan.shards[shard])
                broker += fleet.messageSeconds + Double(size) / fleet.broker.bytesPerSecond
                links[owner] = max(links[owner], broker) + Double(size) / worker.link.bytesPerSecond
                spans[shard].arrived = links[owner] + (fleet.broker.roundTrip + worker.link.roundTrip) / 2
            } else {
                spans[shard].sent = 0
            }
            let slot = slots[owner].indices.min { slots[owner][$0] < slots[owner][$1] } ?? 0
            spans[shard].begun = max(spans[shard].arrived, slots[owner][slot])
            spans[shard].computed = spans[shard].begun + problem.flops(of: plan.shards[shard]) / worker.speed
            slots[owner][slot] = spans[shard].computed
        }
    }

    private mutating func receive(_ bytes: [Double], _ plan: AttentionPlan, _ fleet: PlannedFleet) {
        var (broker, links) = (0.0, Array(repeating: 0.0, count: fleet.workers.count))
        for shard in spans.indices.sorted(by: { spans[$0].computed < spans[$1].computed }) {
            let owner = plan.owners[shard]
            guard !fleet.isHere(owner) else {
                spans[shard].done = spans[shard].computed + fleet.workers[owner].link.roundTrip
                continue
            }
            let link = fleet.workers[owner].link
            links[owner] = max(links[owner], spans[shard].computed) + bytes[shard] / link.bytesPerSecond
            let ready = links[owner] + (fleet.broker.roundTrip + link.roundTrip) / 2
            broker = max(broker, ready) + fleet.messageSeconds + bytes[shard] / fleet.broker.bytesPerSecond
            spans[shard].done = broker
        }
    }
}

/// The workers that a plan's owners are, and the broker between.
struct PlannedFleet: Equatable {
    var workers: [WorkerProfile]
    /// Which of them is the dispatcher itself.
    var here: Int?
    var broker: Link
    var messageSeconds: Double
    var brokerBacklog = 0.0

    func isHere(_ worker: Int) -> Bool { worker == here }
}

extension AttentionPlan {
    /// Shards in the order in which they are sent: the first of each worker, then the second of each.
    func inRounds(workers: Int) -> [Int] {
        var counts = Array(repeating: 0, count: workers)
        let rounds = owners.map { owner in
            defer { counts[owner] += 1 }
            return counts[owner]
        }
        guard let last = rounds.max(), last > 0 else { return Array(owners.indices) }
        // Counted, not sorted: there may be thousands.
        var starts = Array(repeating: 0, count: last + 2)
        for round in rounds { starts[round + 1] += 1 }
        for round in 1..<starts.count { starts[round] += starts[round - 1] }
        var order = Array(repeating: 0, count: owners.count)
        for (shard, round) in rounds.enumerated() {
            order[starts[round]] = shard
            starts[round] += 1
        }
        return order
    }
}
