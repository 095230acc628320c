import Dispatcher
import Fleet
import Testing

@Suite("Leases") struct LeaseTests {
    @Test("A job's shards go to idle workers in turn and the job ends with the last result")
    func oneJob() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b")
        fleet.submit("j", shards: 3)
        let first = fleet.takeSends()
        #expect(first.map(\.worker) == [peer("a"), peer("b")])
        #expect(first.map(\.key.shard) == [0, 1])
        fleet.end(first[1])
        let second = fleet.takeSends()
        #expect(second.map(\.key.shard) == [2])
        #expect(second.map(\.worker) == [peer("b")])
        fleet.end(first[0])
        fleet.end(second[0])
        #expect(fleet.take().finishes == [job("j"): .done])
        #expect(fleet.scheduler.tables == SchedulerTables(jobs: 0, leases: 0, ready: 0, workers: 2))
    }

    @Test("A worker never holds more leases than slots + prefetch", arguments: 1...4, 0...3)
    func credits(slots: Int, prefetch: Int) {
        var fleet = SchedulerHarness()
        fleet.join("a", slots: slots, prefetch: prefetch)
        fleet.submit("j", shards: 20)
        var outstanding = fleet.takeSends()
        #expect(outstanding.count == slots + prefetch)
        var done = 0
        while let next = outstanding.popLast() {
            fleet.end(next)
            done += 1
            outstanding += fleet.takeSends()
            #expect(outstanding.count <= slots + prefetch)
        }
        #expect(done == 20)
    }

    @Test("Idle slots are used before any worker's prefetch")
    func idleFirst() {
        var fleet = SchedulerHarness()
        fleet.join("a", slots: 1, prefetch: 1)
        fleet.join("b", slots: 1, prefetch: 1)
        fleet.submit("j", shards: 2)
        #expect(Set(fleet.takeSends().map(\.worker)) == [peer("a"), peer("b")])
    }

    @Test("A result counts once: the same result again is dropped and counted")
    func doubleResult() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 2)
        let task = fleet.takeSends()[0]
        fleet.end(task)
        #expect(fleet.take().kept == [task.key])
        fleet.end(task)
        #expect(fleet.take().kept.isEmpty)
        #expect(fleet.scheduler.counters.resultsDropped == 1)
    }

    @Test("A result counts only from the worker and the incarnation that hold the lease")
    func fencing() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b")
        fleet.submit("j", shards: 1)
        let task = fleet.takeSends()[0]
        var stolen = task
        stolen.worker = peer("b")
        fleet.end(stolen)
        var reborn = task
        reborn.incarnation = Incarnation(2)
        fleet.end(reborn)
        var earlierEpoch = task
        earlierEpoch.lease = LeaseToken(epoch: 6, number: task.lease.number)
        fleet.end(earlierEpoch)
        #expect(fleet.take().kept.isEmpty)
        #expect(fleet.scheduler.counters.resultsDropped == 3)
        fleet.end(task)
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("A task that misses its lease is cancelled and goes to another worker; its late result is dropped")
    func expiry() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b")
        fleet.submit("j", shards: 1, lease: .seconds(3))
        let first = fleet.takeSends()[0]
        fleet.advance(.seconds(4))
        let actions = fleet.take()
        #expect(actions.contains(.cancel(worker: first.worker, lease: first.lease)))
        let second = actions.compactMap { if case .send(let assignment) = $0 { assignment } else { nil } }
        #expect(second.map(\.worker) == [peer("b")])
        #expect(second.map(\.attempt) == [2])
        fleet.end(first)
        #expect(fleet.take().kept.isEmpty)
        fleet.end(second[0])
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("A retry passes over the last worker, unless no other lives")
    func neverTwiceInARow() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b", slots: 1)
        fleet.submit("busy", shards: 1)
        let busy = fleet.takeSends()[0]
        fleet.submit("j", shards: 1)
        let first = fleet.takeSends()[0]
        #expect(busy.worker != first.worker)
        fleet.end(first, .failed(code: "compute", message: "no"))
        fleet.advance(.seconds(1))
        #expect(fleet.takeSends().isEmpty, "the other worker is busy and the last one is passed over")
        fleet.end(busy)
        #expect(fleet.takeSends().map(\.worker) == [busy.worker])
    }

    @Test("The only live worker gets a shard again")
    func lastWorkerStanding() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1)
        fleet.end(fleet.takeSends()[0], .failed(code: "compute", message: "no"))
        fleet.advance(.seconds(1))
        #expect(fleet.takeSends().map(\.worker) == [peer("a")])
    }

    @Test("Four failed attempts fail the job with the last reason")
    func failures() {
        var fleet = SchedulerHarness()
        for name in ["a", "b", "c", "d", "e"] { fleet.join(name) }
        fleet.submit("j", shards: 1)
        for attempt in 1...4 {
            let sent = fleet.takeSends()
            #expect(sent.map(\.attempt) == [attempt])
            fleet.end(sent[0], .invalid(reason: "O has the wrong shape"))
            if attempt < 4 { fleet.advance(.seconds(1)) }
        }
        #expect(fleet.take().failure == .shardFailed)
        #expect(fleet.scheduler.tables.leases == 0)
        #expect(fleet.scheduler.counters.resultsInvalid == 4)
    }

    @Test("A refusal is no attempt at the job's expense, and its worker is left alone for a moment")
    func refusals() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1, lease: .seconds(3600), timeout: .seconds(7200))
        for _ in 0..<20 {
            let sent = fleet.takeSends()
            #expect(sent.count == 1)
            fleet.end(sent[0], .refused(code: "busy"))
            #expect(fleet.takeSends().isEmpty)
            fleet.advance(.seconds(11))
            fleet.heartbeat("a")
        }
        fleet.end(fleet.takeSends()[0])
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("Higher priority goes first, then the earlier deadline, then the older job")
    func order() {
        var fleet = SchedulerHarness()
        fleet.submit("late", shards: 1, timeout: .seconds(90))
        fleet.submit("early", shards: 1, timeout: .seconds(30))
        fleet.submit("early2", shards: 1, timeout: .seconds(30))
        fleet.submit("urgent", shards: 1, timeout: .seconds(100), priority: 1)
        fleet.join("a", slots: 4)
        #expect(fleet.takeSends().map(\.key.job.text) == ["urgent", "early", "early2", "late"])
    }
}
