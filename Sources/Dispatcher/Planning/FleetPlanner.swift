public import Fleet

/// Finds the plan with the least predicted makespan.
///
/// Candidates are the whole job here, the whole job at the worker that is fastest alone, and, for a growing number of the fastest
/// workers, the work line cut into shares that let all of them finish together: by queries, and by keys. All are
/// estimated; the most promising are laid out in full, fitted to messages and held against each other by their timelines. So no
/// plan is predicted to be slower than not distributing at all.
///
/// - Returns: nil if there is nobody to plan for.
/// - Throws: `JobError.tooLarge` if no message can carry a piece of the job.
public func planAttention(
    _ problem: AttentionProblem, fleet: FleetProfile, limits: PlanLimits
) throws(JobError) -> FleetPlan? {
    try FleetPlanner(problem, fleet, limits).best()
}

struct FleetPlanner {
    private typealias Kind = FleetPlan.Candidate.Kind

    /// A candidate before it is laid out.
    private struct Estimate {
        let kind: Kind
        /// Of each of the first `workers`.
        let shares: [Double]
        let makespan: Double
        /// For which its messages take the broker up.
        let brokerSeconds: Double
    }

    private let problem: AttentionProblem
    private let limits: PlanLimits
    private let sizes: JobSizes
    /// Those that would do the whole job soonest first.
    private let workers: [WorkerProfile]
    private let here: Int?
    private let broker: Link
    private let brokerBacklog: Double
    private let jobsUnderWay: Int
    private let messageSeconds: Double
    private let lines: [Kind: WorkLine]

    /// How many of the estimated candidates are laid out.
    private static let finalists = 3

    init(_ problem: AttentionProblem, _ fleet: FleetProfile, _ limits: PlanLimits) {
        (self.problem, self.limits, broker) = (problem, limits, fleet.broker)
        (messageSeconds, brokerBacklog, jobsUnderWay) = (fleet.messageSeconds, fleet.brokerBacklog, fleet.jobsUnderWay)
        let sizes = JobSizes(problem, wire: limits.wire)
        self.sizes = sizes
        let all = fleet.workers.filter { $0.speed > 0 } + (fleet.here.map { [$0] } ?? [])
        let hereBefore = fleet.here.map { _ in all.count - 1 }
        let alone = all.indices.map { sizes.seconds(alone: all[$0], fleet, isHere: $0 == hereBefore) }
        let order = all.indices.sorted { alone[$0] < alone[$1] }
        workers = order.map { all[$0] }
        here = order.firstIndex { $0 == hereBefore }
        lines = [.queries: WorkLine(problem, .queries), .keys: WorkLine(problem, .keys(queryParts: 1))]
    }

    func best() throws(JobError) -> FleetPlan? {
        guard !workers.isEmpty else { return nil }
        var plans: [FleetPlan] = []
        if let here { plans.append(try plan(.here, .queries, only(here))) }
        if let first = workers.indices.first(where: { $0 != here }) {
            plans.append(try plan(.oneWorker, .queries, only(first)))
        }
        let undistributed = plans.map(cost).min() ?? .infinity
        let cuts = try finalists().map { (estimate) throws(JobError) in try cut(estimate.kind, estimate.shares) }
        plans += cuts.map(\.plan)
        if let leader = cuts.min(by: { cost($0.plan) < cost($1.plan) }), cost(leader.plan) < 1.1 * undistributed {
            plans += try refined(leader).map(\.plan)
        }
        plans.sort { $0.timeline.makespan < $1.timeline.makespan }
        var best = simplest(plans)
        for candidate in plans.flatMap(\.candidates) where !best.candidates.contains(where: candidate.isLike) {
            best.candidates.append(candidate)
        }
        return best
    }

    /// Of plans that are predicted to cost about the same the one with the least sum of that and the time for which it takes up
    /// the broker: what messages cost their receivers is known least. Never one that is slower than not distributing.
    private func simplest(_ plans: [FleetPlan]) -> FleetPlan {
        let undistributed = plans.filter { [.here, .oneWorker].contains($0.candidates[0].kind) }
            .map(\.timeline.makespan).min()
        let fast = plans.filter { $0.timeline.makespan <= undistributed ?? .infinity }
        let least = fast.map(cost).min() ?? 0
        // What stays takes what it is predicted to, or nearly: a small gain elsewhere is not worth the risk.
        if let staying = fast.first(where: { $0.candidates[0].kind == .here && cost($0) <= 1.15 * least }) {
            return staying
        }
        let alike = fast.filter { cost($0) <= 1.1 * least }
        return alike.min { cost($0) + brokerSeconds($0) < cost($1) + brokerSeconds($1) } ?? plans[0]
    }

    /// A plan's makespan, and by how much its messages hold up the jobs under way, each by the time for which they take up
    /// the broker: where many jobs share it, cutting finely makes all of them later than it makes one of them sooner.
    private func cost(_ plan: FleetPlan) -> Double { cost(plan.timeline.makespan, brokerSeconds(plan)) }

    private func cost(_ makespan: Double, _ brokerSeconds: Double) -> Double {
        makespan + Double(jobsUnderWay) * brokerSeconds
    }

    /// For which a plan's messages take the broker up. Those that stay here are counted as messages too.
    private func brokerSeconds(_ plan: FleetPlan) -> Double {
        2 * Double(plan.plan.shards.count) * messageSeconds + Double(plan.timeline.bytes) / broker.bytesPerSecond
    }

    /// A distributed plan, and what it was made from.
    private struct Cut {
        let kind: Kind
        let shares: [Double]
        let pieces: Int
        /// Shares end only on parts of a head, so many to each; nil: anywhere.
        let grain: Int?
        let plan: FleetPlan
    }

    private func cut(
        _ kind: Kind, _ shares: [Double], pieces: Int = 1, grain: Int? = nil
    ) throws(JobError) -> Cut {
        Cut(
            kind: kind, shares: shares, pieces: pieces, grain: grain,
            plan: try plan(kind, kind, shares, pieces: pieces, grain: grain))
    }

    /// The leading cut with shares that its timeline shows to be better; with shares that end on whole heads or equal parts of
    /// one, so that no more workers than need be get a head's keys; and with each share in pieces: these overlap with
    /// each other's messages, and less is lost with one.
    private func refined(_ leader: Cut) throws(JobError) -> [Cut] {
        let level = try levelled(leader)
        let best = cost(level.plan) < cost(leader.plan) ? level : leader
        let slots = best.shares.indices.reduce(0) { $0 + (best.shares[$1] > 0 ? workers[$1].slots : 0) }
        let grain = Int((Double(slots) / sizes.heads).rounded(.up))
        var cuts = [level, try cut(best.kind, best.shares, grain: grain)]
        for pieces in [2, 4] {
            let inPieces = try cut(best.kind, best.shares, pieces: pieces)
            cuts += [inPieces, try levelled(inPieces)]
            cuts.append(try cut(best.kind, best.shares, pieces: pieces, grain: grain * pieces))
        }
        return cuts
    }

    /// The same with shares from when each worker begins and ends in the timeline: estimates know nothing of messages that
    /// come while others are computed, nor of results that wait for each other.
    private func levelled(_ cut: Cut) throws(JobError) -> Cut {
        var starts = cut.shares.map { _ in Double.infinity }
        var ends = cut.shares.map { _ in 0.0 }
        for (span, owner) in zip(cut.plan.timeline.spans, cut.plan.plan.owners) {
            starts[owner] = min(starts[owner], span.begun)
            ends[owner] = max(ends[owner], span.done)
        }
        let wholes = cut.shares.indices.map { worker in
            starts[worker] < ends[worker] ? (ends[worker] - starts[worker]) / cut.shares[worker] : .infinity
        }
        return try self.cut(
            cut.kind, Shares(starts: starts, wholes: wholes).shares, pieces: cut.pieces, grain: cut.grain)
    }

    private func only(_ worker: Int) -> [Double] { workers.indices.map { $0 == worker ? 1 : 0 } }
}

// MARK: - Estimates

extension FleetPlanner {
    /// Of both lines, with 1, 2, 3, 4, 6, 9, 13 … of the workers, until the last of them would get nothing; the best first.
    private func estimates() -> [Estimate] {
        var found: [Estimate] = []
        var count = 1
        while true {
            let next = [Kind.queries, .keys].map { estimate($0, workers: count) }
            found += next
            if count == workers.count || next.allSatisfy({ $0.shares[count - 1] == 0 }) { break }
            count = min(max(count + 1, count * 3 / 2), workers.count)
        }
        return found.sorted { cost($0) < cost($1) }
    }

    /// The estimates that are laid out: the best, and of those about as good the one that takes up the broker least.
    private func finalists() -> [Estimate] {
        let all = estimates()
        guard let best = all.first.map(cost) else { return [] }
        let alike = all.prefix { cost($0) <= 1.05 * best }.dropFirst(Self.finalists)
        return all.prefix(Self.finalists) + (alike.min { $0.brokerSeconds < $1.brokerSeconds }.map { [$0] } ?? [])
    }

    private func cost(_ estimate: Estimate) -> Double { cost(estimate.makespan, estimate.brokerSeconds) }

    private func estimate(_ kind: Kind, workers count: Int) -> Estimate {
        let chosen = workers.prefix(count)
        let bytes = sizes.bytes(kind, shares: chosen.reduce(0) { $0 + $1.slots })
        let wholes = chosen.map { worker in
            max(sizes.flops / (Double(worker.slots) * worker.speed) + bytes.growing / worker.link.bytesPerSecond, 1e-12)
        }
        let starts = chosen.enumerated().map { index, worker in
            index == here
                ? worker.backlog + worker.link.roundTrip
                : max(worker.backlog, brokerBacklog) + worker.link.roundTrip + broker.roundTrip
                    + bytes.fixed * copies(kind, worker, bytes.fixed) / worker.link.bytesPerSecond
        }
        // Messages go one after the other: who is served later starts later.
        var shares = Shares(starts: starts, wholes: wholes)
        var queue = 0.0
        let queued = starts.indices.map { index in
            guard index != here, shares.shares[index] > 0 else { return starts[index] }
            queue +=
                Double(chosen[index].slots) * messageSeconds
                + copies(kind, chosen[index], bytes.fixed) * bytes.fixed / broker.bytesPerSecond
                + shares.shares[index] * bytes.growing / broker.bytesPerSecond
            return starts[index] + queue
        }
        shares = Shares(starts: queued, wholes: wholes)
        return Estimate(
            kind: kind, shares: shares.shares, makespan: max(shares.level, brokerBacklog + queue),
            brokerSeconds: queue)
    }

    /// How often a worker is sent what each of its slots needs: keys and values once, if it keeps them.
    private func copies(_ kind: Kind, _ worker: WorkerProfile, _ bytes: Double) -> Double {
        kind == .queries && Double(worker.contextBytes) >= bytes ? 1 : Double(worker.slots)
    }
}

// MARK: - Plans

extension FleetPlanner {
    /// Lays a candidate out: the line cut by the workers' shares, each share by its slots and pieces.
    private func plan(
        _ kind: Kind, _ lineKind: Kind, _ shares: [Double], pieces: Int = 1, grain: Int? = nil
    ) throws(JobError) -> FleetPlan {
        let line = lines[lineKind] ?? WorkLine(problem, .queries)
        var groups: [RowGroup] = []
        var place = line.place(at: 0)
        var done = 0.0
        let last = shares.lastIndex { $0 > 0 }
        for (worker, share) in shares.enumerated() where share > 0 {
            let parts = workers[worker].slots * pieces
            for part in 1...parts {
                let isLast = worker == last && part == parts
                let next = isLast ? line.end : line.place(at: done + share * Double(part) / Double(parts), grain: grain)
                guard next != place else { continue }
                line.append(from: place, to: next, owner: worker, to: &groups)
                place = next
            }
            done += share
        }
        var fitting = MessageFitting(problem, limits, workers, here: here)
        for group in groups { try fitting.add(group) }
        let plan = AttentionPlan(fitting.groups)
        // Of ten thousand workers twenty have a share.
        let used = Array(workers.prefix((last ?? -1) + 1))
        let timeline = Timeline(
            plan, problem,
            PlannedFleet(
                workers: used, here: here, broker: broker, messageSeconds: messageSeconds, brokerBacklog: brokerBacklog),
            wire: limits.wire)
        let candidate = FleetPlan.Candidate(
            kind: kind, workers: Set(plan.owners).count, shards: plan.shards.count, bytes: timeline.bytes,
            makespan: timeline.makespan)
        return FleetPlan(plan: plan, workers: workers, here: here, timeline: timeline, candidates: [candidate])
    }
}
