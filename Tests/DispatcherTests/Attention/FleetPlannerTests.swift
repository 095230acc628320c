// Plans for measured fleets: they cover exactly, keep to limits, and are never predicted slower than not distributing.

import Codecs
@testable import Dispatcher
import Fleet
import Testing

@Suite("The planner of measured fleets") struct FleetPlannerTests {
    private func worker(_ name: String, gflops: Double, mbytes: Double, roundTrip: Double = 1e-3) -> WorkerProfile {
        WorkerProfile(
            id: PeerID(name)!, speed: gflops * 1e9, link: Link(roundTrip: roundTrip, bytesPerSecond: mbytes * 1e6))
    }

    private func square(_ heads: Int, _ length: Int, _ headSize: Int, isCausal: Bool = false) -> AttentionProblem {
        AttentionProblem(
            batch: 1, queryHeads: heads, kvHeads: heads, queryLength: length, keyLength: length, headSize: headSize,
            valueHeadSize: headSize, scale: 1, isCausal: isCausal)
    }

    private let broker = Link(roundTrip: 3e-4, bytesPerSecond: 4e8)

    private func plan(_ problem: AttentionProblem, _ fleet: FleetProfile) throws -> FleetPlan {
        try #require(try planAttention(problem, fleet: fleet, limits: PlanLimits(slots: 1)))
    }

    /// Of each worker with a share its part of the work.
    private func shares(_ plan: FleetPlan, _ problem: AttentionProblem) -> [String: Double] {
        zip(plan.plan.shards, plan.plan.owners).reduce(into: [:]) { shares, pair in
            shares[plan.workers[pair.1].id.text, default: 0] += problem.flops(of: pair.0) / problem.flops
        }
    }

    @Test("Shares are as unequal as the speeds")
    func speeds() throws {
        let problem = square(8, 2048, 64)
        let fleet = FleetProfile(
            workers: [1.0, 0.5, 0.25, 0.125].map {
                worker("w\($0 == 1 ? 1000 : Int($0 * 1000))", gflops: $0, mbytes: 100)
            },
            broker: broker)
        let shares = shares(try plan(problem, fleet), problem)
        for (name, expected) in [("w1000", 8.0 / 15), ("w500", 4.0 / 15), ("w250", 2.0 / 15), ("w125", 1.0 / 15)] {
            #expect(abs((shares[name] ?? 0) / expected - 1) < 0.1, "\(name) has \(shares[name] ?? 0)")
        }
    }

    @Test("Who keeps keys and values gets them once for its shards of a head, and more and smaller shards pay")
    func contexts() throws {
        var problem = square(1, 2048, 64)
        problem.queryLength = 16_384
        var fleet = FleetProfile(
            workers: (0..<2).map { worker("w\($0)", gflops: 8, mbytes: 5) }, broker: broker)
        let without = try plan(problem, fleet)
        for index in fleet.workers.indices { fleet.workers[index].contextBytes = 1 << 28 }
        let plan = try plan(problem, fleet)
        #expect(firstDefect(plan.plan, problem, PlanLimits(slots: 1)) == nil)
        #expect(plan.timeline.makespan < without.timeline.makespan)
        // Each worker's keys and values once, Q and the results once over all.
        let once = 2 * problem.keyValueBytes(kvHeads: 1, keys: 2048, wire: .f32)
        let rest =
            problem.queryBytes(heads: 1, queries: 16_384, wire: .f32) + problem.resultBytes(rows: 16_384, keys: 0)
        #expect(plan.timeline.bytes == once + rest)
        #expect(plan.plan.shards.count > 2)
    }

    @Test("Two of one speed get as much, though one's link is slower: messages come while others are computed")
    func together() throws {
        let problem = square(8, 2048, 64)
        let fleet = FleetProfile(
            workers: [worker("slow", gflops: 4.8, mbytes: 25), worker("fast", gflops: 4.8, mbytes: 65)], broker: broker)
        let plan = try plan(problem, fleet)
        let ends = zip(plan.timeline.spans, plan.plan.owners).reduce(into: [Int: Double]()) { ends, pair in
            ends[pair.1] = max(ends[pair.1] ?? 0, pair.0.done)
        }
        #expect(ends.count == 2 && ends.values.min() ?? 0 > 0.9 * plan.timeline.makespan, "\(ends)")
    }

    @Test("Shares end on whole heads where workers are alike: each key crosses the broker once")
    func wholeHeads() throws {
        let problem = square(8, 2048, 64)
        var fleet = FleetProfile(
            workers: (0..<8).map { worker("w\($0)", gflops: 4.8 + 0.02 * Double($0), mbytes: 50 - Double($0)) },
            broker: broker)
        for index in fleet.workers.indices { fleet.workers[index].contextBytes = 1 << 28 }
        let plan = try plan(problem, fleet)
        let once = problem.taskBytes(heads: 8, kvHeads: 8, queries: 2048, keys: 2048, wire: .f32)
        #expect(plan.timeline.bytes == once + problem.resultBytes(rows: 8 * 2048, keys: 0))
        let owners = Dictionary(grouping: zip(plan.plan.shards, plan.plan.owners), by: \.0.heads).mapValues {
            Set($0.map(\.1))
        }
        #expect(owners.count == 8 && owners.values.allSatisfy { $0.count == 1 })
    }

    @Test("Causal work is shared by what is seen, not by rows: all finish together")
    func causal() throws {
        let problem = square(1, 4096, 64, isCausal: true)
        let fleet = FleetProfile(
            workers: (0..<4).map { worker("w\($0)", gflops: 1, mbytes: 1000) }, broker: broker)
        let plan = try plan(problem, fleet)
        for share in shares(plan, problem).values { #expect(abs(share - 0.25) < 0.02) }
        #expect(Set(plan.plan.shards.map(\.queries.count)).count > 1)
    }

    @Test("One query of many keys is shared by its keys")
    func decoding() throws {
        var problem = square(2, 65_536, 64)
        problem.queryLength = 1
        let fleet = FleetProfile(
            workers: (0..<8).map { worker("w\($0)", gflops: 0.05, mbytes: 1000) },
            broker: Link(roundTrip: 3e-4, bytesPerSecond: 1e10))
        let plan = try plan(problem, fleet)
        #expect(plan.candidates.first?.kind == .keys && plan.plan.keyRanges >= 4)
        #expect(plan.candidates.first?.workers == 8)
    }

    @Test(
        "On a slow link the job stays here, on a fast one it is shared: on both sides of the break-even",
        arguments: [1.0, 100])
    func breakEven(mbytes: Double) throws {
        let problem = square(8, 512, 64)
        let fleet = FleetProfile(
            workers: (0..<4).map { worker("w\($0)", gflops: 4, mbytes: mbytes) },
            here: WorkerProfile(id: PeerID("here")!, speed: 4e9, link: .none), broker: broker)
        let plan = try plan(problem, fleet)
        #expect((plan.candidates.first?.kind == .here) == (mbytes == 1))
        if mbytes == 100 { #expect(plan.timeline.makespan < 0.4 * (problem.flops / 4e9)) }
    }

    @Test("A small gain elsewhere is not worth the risk: then the job stays here", arguments: [0.05, 0.5])
    func risk(gflops: Double) throws {
        let problem = square(8, 1024, 64)
        let fleet = FleetProfile(
            workers: [worker("far", gflops: gflops, mbytes: 1000)],
            here: WorkerProfile(id: PeerID("here")!, speed: 1e9, link: .none), broker: broker)
        let plan = try plan(problem, fleet)
        #expect((plan.candidates.first?.kind == .here) == (gflops == 0.05))
    }

    @Test("What stays here is not cut for messages, and is waited for as long as the best other way would take")
    func staying() throws {
        let here = WorkerProfile(id: PeerID("here")!, slots: 2, speed: 1e9, link: .none)
        let slow = worker("slow", gflops: 1, mbytes: 1)
        let fleet = FleetProfile(workers: [slow], here: here, broker: Link(roundTrip: 2e-4, bytesPerSecond: 4e8))
        let plan = try #require(try planAttention(square(8, 1024, 64), fleet: fleet, limits: PlanLimits(slots: 1)))
        #expect(plan.candidates[0].kind == .here)
        #expect(plan.plan.shards.count == 2, "6 MB, in one piece for each thread")
        let other = try #require(plan.candidates.first { $0.kind == .oneWorker })
        #expect(plan.patience >= 2 * plan.timeline.makespan && plan.patience <= 2 * other.makespan)
    }

    @Test("Who is busy with other work gets less, or nothing")
    func backlog() throws {
        let problem = square(8, 512, 64)
        var busy = worker("busy", gflops: 4, mbytes: 100)
        func share(of backlog: Double) throws -> Double {
            busy.backlog = backlog
            let fleet = FleetProfile(workers: [busy, worker("idle", gflops: 4, mbytes: 100)], broker: broker)
            return shares(try plan(problem, fleet), problem)["busy"] ?? 0
        }
        #expect(try share(of: 0) > 0.4)
        let some = try share(of: 0.05)
        #expect(some > 0.05 && some < 0.4)
        #expect(try share(of: 10) == 0)
    }

    @Test("The work of a plan's shards is that of the problem, in closed form as counted out", arguments: 0..<20)
    func work(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            var problem = AttentionProblem.random(&random)
            problem.scoring = .dotProduct
            let fleet = FleetProfile.random(&random)
            guard
                let plan = try planAttention(problem, fleet: fleet, limits: PlanLimits(slots: 1, messageBytes: 4000))
            else { continue }
            let sum = plan.plan.shards.reduce(0) { $0 + problem.flops(of: $1) }
            #expect(abs(sum - problem.flops) <= 1e-9 * max(problem.flops, 1), "seed \(seed): \(problem)")
        }
    }

    @Test("Nobody to plan for is nil; no work is a plan without shards")
    func nothing() throws {
        #expect(
            try planAttention(
                square(1, 8, 4), fleet: FleetProfile(workers: [], broker: broker), limits: PlanLimits(slots: 1))?.plan
                == nil)
        var problem = square(1, 8, 4)
        problem.validKeys = [0]
        let fleet = FleetProfile(workers: [worker("w", gflops: 1, mbytes: 1)], broker: broker)
        #expect(try plan(problem, fleet).plan.shards.isEmpty)
    }

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
                wire: WireFormat.allCases.randomElement(using: &random) ?? .f32)
            guard let plan = try planAttention(problem, fleet: fleet, limits: limits) else {
                #expect(fleet.workers.isEmpty && fleet.here == nil)
                continue
            }
            var widest = limits
            widest.messageBytes = limits.hereBytes
            if let defect = firstDefect(plan.plan, problem, widest) {
                Issue.record("seed \(seed): \(defect) in the plan for \(problem) on \(fleet) within \(limits)")
            }
            #expect(plan.plan.owners.count == plan.plan.shards.count)
            for (shard, owner) in zip(plan.plan.shards, plan.plan.owners) {
                let bytes = max(
                    problem.taskBytes(of: shard, wire: limits.wire), problem.resultBytes(of: shard))
                #expect(bytes <= plan.workers[owner].mostBytes, "seed \(seed)")
                #expect(owner == plan.here || bytes <= limits.messageBytes, "seed \(seed)")
            }
            let makespans = plan.candidates.map(\.makespan)
            let undistributed = plan.candidates.filter { $0.kind == .here || $0.kind == .oneWorker }.map(\.makespan)
            #expect(plan.timeline.makespan <= (undistributed.min() ?? .infinity), "seed \(seed)")
            #expect(plan.timeline.makespan <= 1.15 * (makespans.min() ?? 0), "seed \(seed)")
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
