@testable import Dispatcher
import Fleet
import Testing

@Suite("Shards that a plan made for a worker") struct ReservationTests {
    private func fleet(_ workers: String..., prefetch: Int = 0) -> SchedulerHarness {
        var fleet = SchedulerHarness()
        for worker in workers { fleet.join(worker, prefetch: prefetch) }
        _ = fleet.take()
        return fleet
    }

    @Test("wait for it, though another is idle")
    func waiting() {
        var fleet = fleet("fast", "slow")
        fleet.submit("j", shards: 4, reserved: ["fast", "fast", "fast", "slow"])
        let sent = fleet.takeSends()
        #expect(sent.map(\.key.shard) == [0, 3])
        #expect(sent.map(\.worker) == [peer("fast"), peer("slow")])
        fleet.end(sent[1])
        #expect(fleet.takeSends().isEmpty, "slow is idle, but what is left is fast's")
        fleet.end(sent[0])
        let next = fleet.takeSends()
        #expect(next.map(\.key.shard) == [1] && next[0].worker == peer("fast"))
        #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("go out in rounds: the first to each worker, then what is sent ahead")
    func rounds() {
        var fleet = fleet("a", "b", prefetch: 1)
        fleet.submit("j", shards: 4, reserved: ["a", "a", "b", "b"])
        #expect(fleet.takeSends().map(\.key.shard) == [0, 2, 1, 3])
    }

    @Test("are anyone's when they have waited long enough")
    func patience() {
        var fleet = fleet("fast", "slow")
        fleet.submit("j", shards: 2, reserved: ["fast", "fast"], reservedFor: .milliseconds(300))
        #expect(fleet.takeSends().count == 1)
        fleet.advance(.milliseconds(299))
        #expect(fleet.takeSends().isEmpty)
        fleet.advance(.milliseconds(1))
        #expect(fleet.takeSends().map(\.worker) == [peer("slow")])
        #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("stay its own, however long it takes, while nobody else is there")
    func solitude() {
        var fleet = SchedulerHarness()
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: 1, takesReservedOnly: true)
        fleet.handle(.workerInfo(peer("here"), birth, live: true))
        fleet.handle(.workerStatus(peer("here"), online: true))
        fleet.submit("j", shards: 2, reserved: ["here", "here"], reservedFor: .milliseconds(300))
        let first = fleet.takeSends()
        #expect(first.map(\.key.shard) == [0])
        fleet.advance(.seconds(2))
        fleet.end(first[0])
        #expect(fleet.takeSends().map(\.worker) == [peer("here")])
        #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("are anyone's at once when it dies, drains or was never there")
    func loss() {
        for end in [
            SchedulerEvent.workerStatus(peer("fast"), online: false),
            .workerInfo(
                peer("fast"), WorkerBirth(incarnation: Incarnation(1), slots: 1, isDraining: true), live: true),
        ] {
            var fleet = fleet("fast", "slow")
            fleet.submit("j", shards: 2, reserved: ["fast", "fast"])
            _ = fleet.take()
            fleet.handle(end)
            #expect(fleet.takeSends().first?.worker == peer("slow"))
            #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
        }
        var fleet = fleet("slow")
        fleet.submit("j", shards: 1, reserved: ["nobody"])
        #expect(fleet.takeSends().count == 1)
    }

    @Test("are anyone's once an attempt has failed")
    func failure() {
        var fleet = fleet("fast", "slow")
        fleet.submit("j", shards: 1, reserved: ["fast"])
        fleet.end(fleet.takeSends()[0], .failed(code: "compute", message: "no"))
        fleet.advance(.seconds(1))
        #expect(fleet.takeSends().map(\.worker) == [peer("slow")])
    }

    @Test("do not go before what is more urgent, nor after what is less")
    func urgency() {
        var fleet = fleet("a")
        fleet.submit("now", shards: 1)
        let running = fleet.takeSends()[0]
        fleet.submit("reserved", shards: 1, reserved: ["a"], reservedFor: .seconds(9))
        fleet.submit("urgent", shards: 1, priority: 1)
        fleet.submit("later", shards: 1, priority: -1)
        var order: [JobID] = []
        var last = running
        for _ in 0..<3 {
            fleet.end(last)
            guard let next = fleet.takeSends().first else { break }
            order.append(next.key.job)
            last = next
        }
        #expect(order == [job("urgent"), job("reserved"), job("later")])
    }

    @Test("are all that a worker gets that takes nothing else, and it is not counted among the workers")
    func reservedOnly() {
        var fleet = SchedulerHarness()
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: 2, takesReservedOnly: true)
        fleet.handle(.workerInfo(peer("here"), birth, live: true))
        fleet.handle(.workerStatus(peer("here"), online: true))
        #expect(fleet.scheduler.liveSlots == 0)
        fleet.submit("anyone's", shards: 1)
        fleet.submit("mixed", shards: 2, reserved: ["here", "nobody"])
        #expect(fleet.takeSends().map(\.key) == [ShardKey(job: job("mixed"), shard: 0)])
        fleet.advance(.seconds(70))
        #expect(fleet.take().finishes.count == 2, "nobody came for the others")
        #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("are reserved anew in every stage")
    func stages() {
        var fleet = fleet("a", "b")
        fleet.submit("j", shards: 4, perStage: 2, reserved: ["b", "a"])
        for stage in 0..<2 {
            let sent = fleet.takeSends()
            #expect(
                sent.sorted { $0.key.shard < $1.key.shard }.map(\.worker) == [peer("b"), peer("a")], "stage \(stage)")
            for task in sent { fleet.end(task) }
        }
        #expect(fleet.take().finishes == [job("j"): .done])
    }
}
