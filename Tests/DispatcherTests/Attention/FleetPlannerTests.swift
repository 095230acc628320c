// Plans for measured fleets: they cover exactly, keep to limits, and are never predicted slower than not distributing.

import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("The planner of measured fleets") struct FleetPlannerTests {
    @Test(
        "Random problems and fleets: every pair once, within messages and memory, never slower than the trivial plan",
        arguments: 0..<60)
    func properties(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let problem = AttentionProblem.random(&random)
            let fleet = FleetProfile.random(&random)
            let limits = PlanLimits(
                slots: 1, messageBytes: 400 << Int.random(in: 0...12, using: &random),
                elementBytes: Bool.random(using: &random) ? 4 : 2)
            guard let plan = try planAttention(problem, fleet: fleet, limits: limits) else {
                #expect(fleet.workers.isEmpty && fleet.here == nil)
                continue
            }
            if let defect = firstDefect(plan.plan, problem, limits) {
                Issue.record("seed \(seed): \(defect) in the plan for \(problem) on \(fleet) within \(limits)")
            }
            #expect(plan.plan.owners.count == plan.plan.shards.count)
            for (shard, owner) in zip(plan.plan.shards, plan.plan.owners) {
                let bytes = max(
                    problem.taskBytes(of: shard, elementBytes: limits.elementBytes), problem.resultBytes(of: shard))
                #expect(bytes <= plan.workers[owner].mostBytes, "seed \(seed)")
            }
            let makespans = plan.candidates.map(\.makespan)
            let undistributed = plan.candidates.filter { $0.kind == .here || $0.kind == .oneWorker }.map(\.makespan)
            #expect(plan.timeline.makespan <= (undistributed.min() ?? .infinity), "seed \(seed)")
            #expect(plan.timeline.makespan <= 1.05 * (makespans.min() ?? 0), "seed \(seed)")
            #expect(plan.candidates.first?.makespan == plan.timeline.makespan)
            #expect(makespans.allSatisfy { $0.isFinite && $0 >= 0 })
        }
    }
}

extension FleetProfile {
    static func random(_ random: inout SeededGenerator) -> FleetProfile {
        func magnitude(_ low: Double, _ high: Double) -> Double {
            low * Double.random(in: 0...1, using: &random).exponential(of: high / low)
        }
        func worker(_ name: String) -> WorkerProfile {
            WorkerProfile(
                id: PeerID(name)!, slots: Int.random(in: 1...4, using: &random), speed: magnitude(1e6, 1e11),
                link: Link(roundTrip: magnitude(1e-4, 1), bytesPerSecond: magnitude(1e4, 1e9)),
                backlog: Bool.random(using: &random) ? 0 : magnitude(1e-3, 10),
                mostBytes: Bool.random(using: &random) ? .max : 400 << Int.random(in: 0...8, using: &random))
        }
        let count = [0, 1, 2, 3, 8, 30].randomElement(using: &random) ?? 1
        var here = worker("here")
        (here.link, here.mostBytes) = (.none, .max)
        return FleetProfile(
            workers: (0..<count).map { worker("w\($0)") }, here: Bool.random(using: &random) ? here : nil,
            broker: Link(roundTrip: magnitude(1e-5, 1e-1), bytesPerSecond: magnitude(1e5, 1e9)))
    }
}

extension Double {
    /// base ^ self.
    fileprivate func exponential(of base: Double) -> Double {
        // By squaring roots: 20 binary places are enough here.
        var (result, root, rest) = (1.0, base, self)
        for _ in 0..<20 {
            root = root.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
        }
        return result
    }
}
