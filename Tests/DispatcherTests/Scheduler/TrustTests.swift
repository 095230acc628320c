@testable import Dispatcher
import Fleet
import Testing

@Suite("Workers set aside") struct TrustTests {
    private func probes(_ actions: [SchedulerAction]) -> [Probe] {
        actions.compactMap { if case .probe(let probe) = $0 { probe } else { nil } }
    }

    /// `a` has given an invalid result; `b` is idle.
    private func lied() -> SchedulerHarness {
        var fleet = SchedulerHarness()
        fleet.join("a", slots: 2)
        fleet.submit("j", shards: 2)
        let sent = fleet.takeSends()
        fleet.join("b", slots: 2)
        fleet.end(sent[0], .invalid(reason: "O has shape [1]"))
        return fleet
    }

    private func answer(_ probe: Probe, _ outcome: TaskEnd.Outcome, _ fleet: inout SchedulerHarness) {
        fleet.handle(
            .taskEnded(
                TaskEnd(worker: probe.worker, incarnation: probe.incarnation, lease: probe.lease, outcome: outcome)))
    }

    @Test("An invalid result takes all leases back; the worker gets nothing more, and somebody else does its shards")
    func revoked() {
        var fleet = lied()
        var actions = fleet.take()
        #expect(
            actions.contains(.note(.workerSetAside(peer("a"), reason: "O has shape [1]", probedAfter: .seconds(5)))))
        #expect(actions.count { if case .cancel = $0 { true } else { false } } == 1)
        fleet.advance(.seconds(1))
        actions += fleet.take()
        let sent = actions.compactMap { if case .send(let assignment) = $0 { assignment } else { nil } }
        #expect(sent.map(\.worker) == [peer("b"), peer("b")])
        #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("It is probed after a while, and trusted again when it passes")
    func probed() {
        var fleet = lied()
        fleet.advance(.seconds(4))
        #expect(probes(fleet.take()).isEmpty)
        fleet.advance(.seconds(1))
        let probe = probes(fleet.take())
        #expect(probe.map(\.worker) == [peer("a")])
        #expect(fleet.scheduler.isProbe(probe[0].lease, at: peer("a")))
        answer(probe[0], .done, &fleet)
        #expect(fleet.take().contains(.note(.workerTrusted(peer("a")))))
        fleet.submit("k", shards: 4)
        #expect(fleet.takeSends().contains { $0.worker == peer("a") })
    }

    @Test("A probe's result in the name of another life counts for nothing")
    func probeOfAnotherLife() {
        var fleet = lied()
        fleet.advance(.seconds(5))
        let probe = probes(fleet.take())[0]
        var forged = probe
        forged.incarnation = Incarnation(probe.incarnation.number + 1)
        answer(forged, .done, &fleet)
        let actions = fleet.take()
        #expect(!actions.contains(.note(.workerTrusted(peer("a")))))
        #expect(actions.contains(.note(.resultDropped(worker: peer("a"), lease: probe.lease))))
        answer(probe, .done, &fleet)
        #expect(fleet.take().contains(.note(.workerTrusted(peer("a")))))
    }

    @Test("Each failed probe doubles the wait")
    func strikes() {
        var fleet = lied()
        for wait in [5, 10, 20] {
            fleet.advance(.seconds(wait) - .milliseconds(1))
            fleet.heartbeat("a")
            fleet.heartbeat("b")
            #expect(probes(fleet.take()).isEmpty)
            fleet.advance(.milliseconds(1))
            let probe = probes(fleet.take())
            #expect(probe.count == 1, "after \(wait) s")
            answer(probe[0], .invalid(reason: "wrong"), &fleet)
        }
    }

    @Test("A probe that is not answered counts as failed; one that could not be sent does not")
    func lost() {
        var fleet = lied()
        fleet.advance(.seconds(5))
        let probe = probes(fleet.take())[0]
        fleet.handle(.sendFailed(probe.lease))
        fleet.advance(.seconds(2))
        fleet.heartbeat("a")
        #expect(probes(fleet.take()).count == 1)
        fleet.advance(.seconds(10))
        fleet.heartbeat("a")
        #expect(probes(fleet.take()).isEmpty)
        fleet.advance(.seconds(10))
        #expect(probes(fleet.take()).count == 1)
    }

    @Test("Starting anew does not wash a worker clean: it is probed when it is back")
    func reborn() {
        var fleet = lied()
        fleet.handle(.workerStatus(peer("a"), online: false))
        fleet.advance(.seconds(20))
        fleet.heartbeat("b")
        _ = fleet.take()
        fleet.join("a", slots: 2, incarnation: 2)
        fleet.submit("k", shards: 8)
        let actions = fleet.take()
        #expect(!actions.contains { if case .send(let task) = $0 { task.worker == peer("a") } else { false } })
        #expect(probes(actions).map(\.incarnation) == [Incarnation(2)])
        answer(probes(actions)[0], .done, &fleet)
        #expect(fleet.takeSends().contains { $0.worker == peer("a") })
    }

    @Test("A job that only workers set aside could do fails with the reason")
    func nobodyTrusted() {
        var settings = SchedulerSettings()
        settings.probation = .seconds(1000)
        settings.maxProbation = .seconds(1000)
        var fleet = SchedulerHarness(settings: settings)
        fleet.join("a")
        fleet.submit("j", shards: 1, timeout: .seconds(8))
        fleet.end(fleet.takeSends()[0], .invalid(reason: "O has shape [1]"))
        fleet.heartbeat("a")
        fleet.advance(.seconds(8))
        guard case .failed(let error)? = fleet.take().finishes[job("j")] else {
            Issue.record("the job has not failed")
            return
        }
        #expect(error.code == .noWorker)
        #expect(error.message.contains("a is set aside, since O has shape [1]"))
    }
}

@Suite("Fairness") struct FairnessTests {
    @Test("A shard of the lowest priority gets its turn while urgent ones never end")
    func starvation() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("urgent-0", shards: 1, priority: 100)
        fleet.submit("lowly", shards: 3, timeout: .seconds(1000), priority: -100)
        var lowly = 0
        for round in 1...100 {
            fleet.submit("urgent-\(round)", shards: 1, priority: 100)
            let sent = fleet.takeSends()
            lowly += sent.count { $0.key.job == job("lowly") }
            for task in sent { fleet.end(task) }
        }
        #expect(lowly == 3)
    }

    @Test("Otherwise the urgent go first, and within a priority the earliest deadline")
    func order() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("first", shards: 1)
        fleet.submit("late", shards: 1, timeout: .seconds(50))
        fleet.submit("soon", shards: 1, timeout: .seconds(5))
        fleet.submit("urgent", shards: 1, timeout: .seconds(90), priority: 1)
        var order: [String] = []
        while let task = fleet.takeSends().first {
            order.append(task.key.job.text)
            fleet.end(task)
        }
        #expect(order == ["first", "urgent", "soon", "late"])
    }
}
