import Fleet
import Testing

@testable import Dispatcher

/// Jobs of several stages, each of which needs the results of the one before.
@Suite("Stages")
struct StageTests {
    @Test("begin when all shards of the one before are done")
    func order() {
        var fleet = SchedulerHarness()
        for name in ["a", "b", "c"] { fleet.join(name) }
        fleet.submit("job", shards: 5, perStage: 2)
        let first = fleet.takeSends()
        #expect(first.map(\.key.shard) == [0, 1], "though a third worker idles")
        fleet.end(first[1])
        #expect(fleet.takeSends().isEmpty)
        fleet.end(first[0])
        let second = fleet.takeSends()
        #expect(second.map(\.key.shard) == [2, 3])
        for assignment in second { fleet.end(assignment) }
        let last = fleet.takeSends()
        #expect(last.map(\.key.shard) == [4], "the last stage may have fewer")
        #expect(fleet.scheduler.invariantViolations(at: fleet.now) == [])
        fleet.end(last[0])
        #expect(fleet.take().contains(.finish(job("job"), .done)))
        #expect(fleet.scheduler.invariantViolations(at: fleet.now) == [])
        #expect(fleet.scheduler.tables.jobs == 0)
    }

    @Test("survive the loss of a worker in the middle: its shard alone is done again")
    func lostWorker() {
        var fleet = SchedulerHarness()
        for name in ["a", "b"] { fleet.join(name) }
        fleet.submit("job", shards: 4, perStage: 2)
        for assignment in fleet.takeSends() { fleet.end(assignment) }
        let second = fleet.takeSends()
        #expect(second.map(\.key.shard) == [2, 3])
        fleet.handle(.workerStatus(second[0].worker, online: false))
        fleet.end(second[1])
        let again = fleet.takeSends()
        #expect(again.map(\.key.shard) == [2])
        fleet.end(again[0])
        #expect(fleet.take().contains(.finish(job("job"), .done)))
    }

    @Test("find their shards where what they need was left, stage after stage and job after job")
    func residency() {
        var fleet = SchedulerHarness()
        for name in ["a", "b", "c"] { fleet.join(name) }
        var homes: [Int: PeerID] = [:]
        for name in ["first", "second", "third"] {
            fleet.submit(name, shards: 12, perStage: 3, keys: [100, 200, 300])
            for _ in 0..<4 {
                let stage = fleet.takeSends()
                #expect(stage.count == 3)
                for assignment in stage {
                    #expect(homes[assignment.key.shard % 3, default: assignment.worker] == assignment.worker)
                    homes[assignment.key.shard % 3] = assignment.worker
                }
                // In another order each time, so that the line of workers changes.
                for assignment in stage.reversed() { fleet.end(assignment) }
            }
        }
        #expect(Set(homes.values).count == 3)
    }

    @Test("of a worker that is lost or busy go to another, which is found from then on")
    func residencyLost() {
        var fleet = SchedulerHarness()
        for name in ["a", "b"] { fleet.join(name) }
        fleet.submit("job", shards: 6, perStage: 2, keys: [1, 2])
        let first = fleet.takeSends()
        let lost = first[0].worker
        fleet.handle(.workerStatus(lost, online: false))
        fleet.end(first[1])
        let again = fleet.takeSends()
        #expect(again.map(\.key.shard) == [0] && again[0].worker == first[1].worker)
        fleet.join("c")
        fleet.end(again[0])
        let second = fleet.takeSends()
        // The one that holds both has room for one; the idle one fetches the other.
        #expect(Set(second.map(\.worker)).count == 2)
        for assignment in second { fleet.end(assignment) }
        let third = fleet.takeSends()
        let pairs = { (stage: [Assignment]) in
            Dictionary(uniqueKeysWithValues: stage.map { ($0.key.shard % 2, $0.worker) })
        }
        #expect(pairs(third) == pairs(second))
        #expect(fleet.scheduler.invariantViolations(at: fleet.now) == [])
    }

    @Test("are hedged to a worker that holds what they need, or late")
    func residencyHedged() throws {
        var settings = SchedulerSettings()
        settings.hedgeSamples = 1
        var fleet = SchedulerHarness(settings: settings)
        for name in ["a", "b"] { fleet.join(name) }
        fleet.submit("job", shards: 4, lease: .seconds(20), perStage: 1, keys: [1])
        /// Lets time pass in which the workers live, until something is sent.
        func wait(_ seconds: Int, holding assignment: Assignment) -> [Assignment] {
            for _ in 0..<seconds {
                for name in ["a", "b"] {
                    fleet.heartbeat(name, holding: peer(name) == assignment.worker ? [assignment.lease] : [])
                }
                fleet.advance(.seconds(1))
                let sends = fleet.takeSends()
                if !sends.isEmpty { return sends }
            }
            return []
        }
        let first = try #require(fleet.takeSends().first)
        fleet.advance(.milliseconds(10))
        fleet.end(first)
        let second = try #require(fleet.takeSends().first)
        #expect(second.worker == first.worker)
        #expect(wait(9, holding: second).isEmpty, "the other would have to fetch it")
        let late = try #require(wait(9, holding: second).first)
        #expect(late.isHedge && late.worker != first.worker)
        fleet.end(late)
        let third = try #require(fleet.takeSends().first)
        #expect(third.worker == late.worker, "who has it now, and did it last")
        #expect(fleet.scheduler.invariantViolations(at: fleet.now) == [])
    }
}
