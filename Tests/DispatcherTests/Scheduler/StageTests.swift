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
}
