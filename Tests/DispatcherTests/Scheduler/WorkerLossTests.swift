import Dispatcher
import Fleet
import Testing

@Suite("Workers that die, return, fall silent") struct WorkerLossTests {
    @Test("A will re-leases the worker's shards elsewhere at once")
    func will() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b", slots: 2)
        fleet.submit("j", shards: 2)
        let sent = fleet.takeSends()
        let lost = sent.first { $0.worker == peer("a") }
        fleet.handle(.workerStatus(peer("a"), online: false))
        let again = fleet.takeSends()
        #expect(again.map(\.key) == [lost?.key])
        #expect(again.map(\.worker) == [peer("b")])
    }

    @Test("A new incarnation ends the leases of the old one, even if no will was seen")
    func reborn() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1)
        let first = fleet.takeSends()[0]
        fleet.join("a", incarnation: 2)
        let second = fleet.takeSends()
        #expect(second.map(\.incarnation) == [Incarnation(2)])
        fleet.end(first)
        #expect(fleet.take().kept.isEmpty)
        fleet.end(second[0])
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("An older birth, kept by the broker, changes nothing")
    func olderBirth() {
        var fleet = SchedulerHarness()
        fleet.join("a", incarnation: 5)
        fleet.submit("j", shards: 1)
        let task = fleet.takeSends()[0]
        fleet.handle(.workerInfo(peer("a"), WorkerBirth(incarnation: Incarnation(4), slots: 9), live: false))
        fleet.end(task)
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("Three missed heartbeats lose a worker; one that beats again is back")
    func silence() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1, lease: .seconds(1000), timeout: .seconds(2000))
        let task = fleet.takeSends()[0]
        fleet.advance(.seconds(14))
        #expect(!fleet.take().contains(.note(.workerLost(peer("a"), reason: .silent))))
        fleet.heartbeat("a", holding: [task.lease])
        fleet.advance(.seconds(14))
        #expect(!fleet.take().contains(.note(.workerLost(peer("a"), reason: .silent))))
        fleet.advance(.seconds(2))
        #expect(fleet.take().contains(.note(.workerLost(peer("a"), reason: .silent))))
        fleet.heartbeat("a")
        #expect(fleet.takeSends().map(\.worker) == [peer("a")])
    }

    @Test("A retained birth without a retained `online` gets no work")
    func bornButOffline() {
        var fleet = SchedulerHarness()
        fleet.handle(.workerInfo(peer("a"), WorkerBirth(incarnation: Incarnation(1), slots: 1), live: false))
        fleet.submit("j", shards: 1)
        #expect(fleet.takeSends().isEmpty)
        fleet.handle(.workerStatus(peer("a"), online: true))
        #expect(fleet.takeSends().count == 1)
    }

    @Test("A shard that three workers died with is poison")
    func poison() {
        var fleet = SchedulerHarness()
        for name in ["a", "b", "c", "d"] { fleet.join(name) }
        fleet.submit("j", shards: 1)
        for _ in 0..<3 {
            let sent = fleet.takeSends()
            #expect(sent.count == 1)
            fleet.handle(.workerStatus(sent[0].worker, online: false))
        }
        #expect(fleet.take().failure == .poison)
        #expect(fleet.scheduler.tables.jobs == 0)
    }

    @Test("A broker that shuts down publishes the wills of the living: workers that come back have not died")
    func forgiven() {
        var fleet = SchedulerHarness()
        for name in ["a", "b", "c", "d"] { fleet.join(name) }
        fleet.submit("j", shards: 1)
        for _ in 0..<8 {
            let sent = fleet.takeSends()
            #expect(sent.count == 1)
            fleet.handle(.workerStatus(sent[0].worker, online: false))
            fleet.join(sent[0].worker.text)
        }
        fleet.end(fleet.takeSends()[0])
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("A draining worker gets nothing new and finishes what it has")
    func draining() {
        var fleet = SchedulerHarness()
        fleet.join("a", slots: 2)
        fleet.submit("j", shards: 3)
        let sent = fleet.takeSends()
        let birth = WorkerBirth(
            incarnation: Incarnation(1), slots: 2, isDraining: true, leases: sent.map(\.lease))
        fleet.handle(.workerInfo(peer("a"), birth, live: true))
        fleet.end(sent[0])
        #expect(fleet.takeSends().isEmpty)
        fleet.join("b")
        #expect(fleet.takeSends().map(\.worker) == [peer("b")])
    }

    @Test("A task that two heartbeats in a row do not list never arrived: it is sent again long before its lease ends")
    func lostTask() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b")
        fleet.submit("j", shards: 1, lease: .seconds(1000), timeout: .seconds(2000))
        let task = fleet.takeSends()[0]
        fleet.heartbeat("a")
        #expect(fleet.takeSends().isEmpty, "the task may still be on its way")
        fleet.advance(.seconds(5))
        fleet.heartbeat("a")
        fleet.heartbeat("b")
        fleet.advance(.seconds(5))
        fleet.heartbeat("a")
        #expect(fleet.takeSends().map(\.key) == [task.key])
    }

    @Test("Fifteen seconds without a live worker: the job waits, and the first worker to join gets it")
    func waiting() {
        var fleet = SchedulerHarness()
        fleet.submit("j", shards: 1, timeout: .seconds(30))
        fleet.advance(.seconds(15))
        fleet.join("a")
        fleet.end(fleet.takeSends()[0])
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("A job whose timeout passes fails, and says whether a worker was there")
    func timeouts() {
        var fleet = SchedulerHarness()
        fleet.submit("alone", shards: 1, timeout: .seconds(3))
        fleet.advance(.seconds(3))
        #expect(fleet.take().failure == .noWorker)
        fleet.join("a")
        fleet.submit("slow", shards: 1, lease: .seconds(9), timeout: .seconds(3))
        let task = fleet.takeSends()[0]
        fleet.advance(.seconds(3))
        let actions = fleet.take()
        #expect(actions.failure == .deadlineExceeded)
        #expect(actions.contains(.cancel(worker: peer("a"), lease: task.lease)))
        #expect(fleet.scheduler.tables == SchedulerTables(jobs: 0, leases: 0, ready: 0, workers: 1))
    }
}

@Suite("The broker goes and comes back") struct ConnectionTests {
    @Test("While disconnected nothing is sent and nobody is lost")
    func disconnected() {
        var fleet = SchedulerHarness()
        fleet.join("a", slots: 2)
        fleet.handle(.connectionLost)
        fleet.submit("j", shards: 1)
        fleet.advance(.seconds(50))
        let actions = fleet.take()
        #expect(!actions.contains { if case .send = $0 { true } else { false } })
        #expect(!actions.contains { if case .note(.workerLost) = $0 { true } else { false } })
    }

    @Test("A worker that comes back with its tasks keeps their leases")
    func leasesSurvive() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1)
        let task = fleet.takeSends()[0]
        fleet.handle(.connectionLost)
        fleet.handle(.connectionRestored)
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: 1, leases: [task.lease])
        fleet.handle(.workerInfo(peer("a"), birth, live: true))
        fleet.handle(.workerStatus(peer("a"), online: true))
        #expect(fleet.takeSends().isEmpty)
        fleet.end(task)
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("A task lost with the connection is sent again as soon as its worker is back")
    func lostWithConnection() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 1)
        let task = fleet.takeSends()[0]
        fleet.handle(.connectionLost)
        fleet.handle(.connectionRestored)
        fleet.join("a")
        let again = fleet.takeSends()
        #expect(again.map(\.key) == [task.key])
        fleet.end(again[0])
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("A worker that was back before the dispatcher says by its first heartbeat what was lost")
    func lostBeforeTheDispatcherWasBack() {
        var fleet = SchedulerHarness()
        fleet.join("a", slots: 2)
        fleet.submit("j", shards: 2, lease: .seconds(1000), timeout: .seconds(2000))
        let sent = fleet.takeSends()
        fleet.handle(.connectionLost)
        fleet.handle(.connectionRestored)
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: 2)
        fleet.handle(.workerInfo(peer("a"), birth, live: false))
        fleet.handle(.workerStatus(peer("a"), online: true))
        #expect(fleet.takeSends().isEmpty, "the birth was kept by the broker: it may be an old one")
        fleet.heartbeat("a", holding: [sent[0].lease])
        #expect(fleet.takeSends().map(\.key) == [sent[1].key])
    }

    @Test("A worker that does not come back is lost after three heartbeats")
    func neverBack() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b")
        fleet.submit("j", shards: 2, lease: .seconds(1000), timeout: .seconds(2000))
        let sent = fleet.takeSends()
        fleet.handle(.connectionLost)
        fleet.advance(.seconds(60))
        fleet.handle(.connectionRestored)
        let held = sent.filter { $0.worker == peer("b") }.map(\.lease)
        fleet.handle(
            .workerInfo(peer("b"), WorkerBirth(incarnation: Incarnation(1), slots: 2, leases: held), live: true))
        fleet.handle(.workerStatus(peer("b"), online: true))
        for _ in 0..<3 {
            fleet.advance(.seconds(5))
            fleet.heartbeat("b", holding: held)
        }
        #expect(fleet.takeSends().map(\.worker) == [peer("b")])
    }
}

@Suite("A job's end") struct JobEndTests {
    @Test("A cancelled job ends at once and its workers are told")
    func cancel() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.submit("j", shards: 5)
        let task = fleet.takeSends()[0]
        fleet.handle(.jobCancelled(job("j"), JobError(.cancelled, "enough")))
        let actions = fleet.take()
        #expect(actions.failure == .cancelled)
        #expect(actions.contains(.cancel(worker: peer("a"), lease: task.lease)))
        #expect(fleet.scheduler.tables == SchedulerTables(jobs: 0, leases: 0, ready: 0, workers: 1))
    }
}
