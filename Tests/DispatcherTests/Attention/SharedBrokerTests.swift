import Fleet
import Testing

@testable import Dispatcher

/// Plans for a broker that other jobs use too.
@Suite("Planning beside other jobs") struct SharedBrokerTests {
    private let problem = AttentionProblem(heads: 8, queries: 2048, keys: 2048, headSize: 64)

    private func plan(jobs: Int, backlog: Double = 0, workers: Int = 200) throws -> FleetPlan {
        let fleet = FleetProfile(
            workers: (0..<workers).map {
                WorkerProfile(id: PeerID("w\($0)")!, speed: 1e9, link: Link(roundTrip: 1e-3, bytesPerSecond: 12.5e6))
            }, broker: Link(roundTrip: 3e-4, bytesPerSecond: 4e8), brokerBacklog: backlog, jobsUnderWay: jobs)
        return try #require(try planAttention(problem, fleet: fleet, limits: PlanLimits(slots: 1)))
    }

    @Test("Alone a job is cut finely; the more share the broker, the fewer bytes it takes, down to each once")
    func bytes() throws {
        let bytes = try [0, 4, 16, 64, 1024].map { try plan(jobs: $0).timeline.bytes }
        #expect(bytes == bytes.sorted(by: >))
        let once = 4 * 4 * 8 * 2048 * 64 + 4 * 8 * 2048
        #expect(bytes[0] > 3 * once && bytes[4] == once)
    }

    @Test("However many share it, no plan is predicted slower than not distributing")
    func bound() throws {
        for jobs in [0, 1, 10, 1000] {
            let plan = try plan(jobs: jobs, workers: 20)
            let alone = try #require(plan.candidates.first { $0.kind == .oneWorker }).makespan
            #expect(plan.timeline.makespan <= alone)
        }
    }

    @Test("What the broker has yet to hand on comes before the job, and is no reason to wait for what stays here")
    func backlog() throws {
        #expect(try plan(jobs: 0, backlog: 7).timeline.makespan > 7)
        let here = WorkerProfile(id: PeerID("here")!, speed: 2e9, link: .none)
        let worker = WorkerProfile(id: PeerID("w")!, speed: 8e9, link: Link(roundTrip: 1e-3, bytesPerSecond: 1e8))
        for (backlog, stays) in [(0.0, false), (60, true)] {
            let fleet = FleetProfile(
                workers: [worker], here: here, broker: Link(roundTrip: 3e-4, bytesPerSecond: 4e8),
                brokerBacklog: backlog)
            let plan = try #require(try planAttention(problem, fleet: fleet, limits: PlanLimits(slots: 1)))
            #expect((plan.candidates[0].kind == .here) == stays)
        }
    }
}
