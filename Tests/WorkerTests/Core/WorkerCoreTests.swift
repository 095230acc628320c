// What a worker does with tasks, read as its specification.

import Fleet
import Testing
@testable import Worker

@Suite("Worker core") struct WorkerCoreTests {
    // MARK: Taking tasks

    @Test("A task starts at once on an idle slot, and its result is sent when it is computed")
    func oneTask() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        #expect(worker.take() == [.start(key(1))])
        #expect(worker.core.running == 1 && worker.core.leases == [key(1).lease])
        worker.compute(key(1))
        #expect(worker.take() == [.send(key(1))])
        #expect(worker.core.running == 0 && worker.core.leases.isEmpty)
        #expect(worker.core.counters.tasksDone == 1)
    }

    @Test("A task that failed is answered too, and counted as failed")
    func failed() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.compute(key(1), succeeded: false)
        #expect(worker.take() == [.start(key(1)), .send(key(1))])
        #expect(worker.core.counters == counters(failed: 1))
    }

    @Test("Slots + prefetch tasks are taken, slots of them run, the next is refused as busy", arguments: 1...3, 0...3)
    func credits(slots: Int, prefetch: Int) {
        var worker = WorkerCoreHarness(slots: slots, prefetch: prefetch)
        let keys = (0..<UInt64(slots + prefetch)).map { key($0) }
        for key in keys { worker.receive(key) }
        #expect(worker.take() == keys.prefix(slots).map { .start($0) })
        worker.receive(key(99))
        #expect(worker.take() == [.refuse(key(99), .busy)])
        #expect(worker.core.leases == keys.map(\.lease))
        #expect(worker.core.counters == counters(refused: 1))
    }

    @Test("Waiting tasks start in the order they came, as slots fall free; then there is credit again")
    func waitingOrder() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 2)
        worker.receive(key(5), key(9), key(2))
        #expect(worker.take() == [.start(key(5))])
        worker.compute(key(5))
        #expect(worker.take() == [.send(key(5)), .start(key(9))])
        worker.receive(key(1))
        worker.compute(key(9))
        worker.compute(key(2))
        worker.compute(key(1))
        #expect(
            worker.take()
                == [.send(key(9)), .start(key(2)), .send(key(2)), .start(key(1)), .send(key(1))])
    }

    @Test("A task for another life of the worker is refused, even when it is also full or leaving")
    func otherIncarnation() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.handle(.drain)
        _ = worker.take()
        worker.handle(.taskReceived(key(2), for: Incarnation(6)))
        #expect(worker.take() == [.refuse(key(2), .otherIncarnation)])
    }

    @Test("The codes of refusals keep their spelling")
    func refusalCodes() {
        #expect(
            [RefusalCode.busy, .draining, .otherIncarnation].map(\.rawValue) == [
                "busy", "draining", "other-incarnation",
            ])
    }

    @Test("A task delivered again while it is held is ignored: waiting, running, or unsent")
    func duplicates() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 1)
        worker.receive(key(1), key(2))
        _ = worker.take()
        worker.receive(key(1), key(2))
        #expect(worker.take().isEmpty)
        worker.handle(.disconnected)
        worker.compute(key(1))
        #expect(worker.take() == [.start(key(2))])
        worker.receive(key(1))
        #expect(worker.take().isEmpty)
        #expect(worker.core.counters == counters(done: 1))
    }

    @Test("One lease number of two dispatchers is two tasks")
    func twoDispatchers() {
        var worker = WorkerCoreHarness(slots: 2)
        worker.receive(key(1, of: first), key(1, of: second))
        #expect(worker.take() == [.start(key(1, of: first)), .start(key(1, of: second))])
    }

    // MARK: Cancelling

    @Test("A waiting task that is cancelled is given up, and never starts")
    func cancelWaiting() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 2)
        worker.receive(key(1), key(2), key(3))
        worker.handle(.cancelled(key(2)))
        #expect(worker.take() == [.start(key(1)), .abandon(key(2))])
        #expect(worker.core.leases == [key(1), key(3)].map(\.lease))
        worker.compute(key(1))
        #expect(worker.take() == [.send(key(1)), .start(key(3))])
        #expect(worker.core.counters == counters(done: 1, cancelled: 1))
    }

    @Test("A running task that is cancelled keeps its slot until the computation ends; nothing is sent")
    func cancelRunning() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 1)
        worker.receive(key(1), key(2))
        worker.handle(.cancelled(key(1)))
        #expect(worker.take() == [.start(key(1)), .abandon(key(1))])
        #expect(worker.core.running == 1 && worker.core.leases == [key(2).lease])
        worker.compute(key(1))
        #expect(worker.take() == [.start(key(2))])
        #expect(worker.core.counters == counters(cancelled: 1))
    }

    @Test("An unsent result that is cancelled is never sent")
    func cancelUnsent() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.handle(.disconnected)
        worker.compute(key(1))
        worker.handle(.cancelled(key(1)))
        worker.handle(.connected)
        #expect(worker.take() == [.start(key(1)), .abandon(key(1)), .announce])
    }

    @Test("Cancelling what is not held does nothing, and one dispatcher cannot cancel another's task")
    func cancelUnknown() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1, of: first))
        _ = worker.take()
        worker.handle(.cancelled(key(1, of: second)))
        worker.handle(.cancelled(key(2)))
        #expect(worker.take().isEmpty)
        #expect(worker.core.leases == [key(1).lease])
    }

    @Test("A task that was cancelled while it waited, and comes again, goes to the end of the line")
    func cancelledComesAgain() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 2)
        worker.receive(key(1), key(2), key(3))
        worker.handle(.cancelled(key(2)))
        worker.receive(key(2))
        _ = worker.take()
        worker.compute(key(1))
        worker.compute(key(3))
        worker.compute(key(2))
        #expect(
            worker.take() == [.send(key(1)), .start(key(3)), .send(key(3)), .start(key(2)), .send(key(2))])
    }

    @Test("When a dispatcher begins a new life, its earlier tasks are given up, in whatever state, and only its")
    func newEpoch() {
        var worker = WorkerCoreHarness(slots: 2, prefetch: 2)
        worker.receive(key(1), key(2, of: second), key(3), key(4, of: second))
        worker.handle(.disconnected)
        worker.compute(key(1))
        _ = worker.take()
        let reborn = TaskKey(dispatcher: first, lease: LeaseToken(epoch: .max, number: 1))
        worker.receive(reborn)
        #expect(worker.take() == [.abandon(key(1)), .abandon(key(3))])
        #expect(worker.core.leases == [reborn.lease, key(2).lease, key(4).lease])
        worker.compute(key(3))
        #expect(worker.take() == [.start(key(4, of: second))])
    }

    // MARK: Connections

    @Test("Every connection is announced")
    func announce() {
        var worker = WorkerCoreHarness(connected: false)
        worker.handle(.connected)
        worker.handle(.disconnected)
        worker.handle(.connected)
        #expect(worker.take() == [.announce, .announce])
    }

    @Test("A worker told to leave before its first connection was never born, and says nothing")
    func drainUnconnected() {
        var worker = WorkerCoreHarness(connected: false)
        worker.handle(.drain)
        #expect(worker.take() == [.drained])
    }

    @Test("Without a connection results are held and listed; with the next they go out, after the announcement")
    func reconnect() {
        var worker = WorkerCoreHarness(slots: 2)
        worker.receive(key(1), key(2))
        worker.handle(.disconnected)
        worker.compute(key(2))
        worker.compute(key(1))
        #expect(worker.take() == [.start(key(1)), .start(key(2))])
        #expect(worker.core.leases == [key(1), key(2)].map(\.lease) && worker.core.running == 0)
        worker.handle(.connected)
        #expect(worker.take() == [.announce, .send(key(1)), .send(key(2))])
        worker.handle(.connected)
        #expect(worker.take() == [.announce])
    }

    @Test("Dispatchers have credits of their own, and take turns at the slots, however many tasks each has sent")
    func turns() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 3)
        let (mine, others) = ((0..<4).map { key($0) }, (10..<13).map { key($0, of: second) })
        for key in mine + others { worker.receive(key) }
        #expect(worker.take() == [.start(mine[0])])
        var order: [TaskKey] = []
        for _ in 0..<7 {
            guard let running = order.last ?? mine.first else { break }
            worker.compute(running)
            for case .start(let key) in worker.take() { order.append(key) }
        }
        #expect(order == [mine[1], others[0], mine[2], others[1], mine[3], others[2]])
    }

    @Test("A task given up leaves its dispatcher's turn to those that still wait")
    func turnsAfterCancel() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 3)
        worker.receive(key(1), key(2), key(10, of: second))
        worker.handle(.cancelled(key(2)))
        worker.compute(key(1))
        #expect(worker.take().last == .start(key(10, of: second)))
    }

    @Test("Tasks of more dispatchers than a worker has memory for are refused")
    func manyDispatchers() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 1)
        for number in 0..<8 as Range<UInt64> { worker.receive(key(number, of: PeerID("d\(number / 2)")!)) }
        #expect(worker.core.leases.count == 8)
        _ = worker.take()
        let late = key(99, of: PeerID("late")!)
        worker.receive(late)
        #expect(worker.take() == [.refuse(late, .busy)])
    }

    @Test("Held results count against the credit, and not against the slots")
    func unsentCount() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 1)
        worker.receive(key(1))
        worker.handle(.disconnected)
        worker.compute(key(1))
        worker.receive(key(2))
        #expect(worker.take() == [.start(key(1)), .start(key(2))])
        worker.receive(key(3))
        #expect(worker.take() == [.refuse(key(3), .busy)])
    }

    @Test("A result that could not be sent goes out with the next connection")
    func sendFailed() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.compute(key(1))
        worker.handle(.disconnected)
        worker.handle(.sendFailed(key(1)))
        #expect(worker.core.leases == [key(1).lease])
        worker.handle(.connected)
        #expect(worker.take() == [.start(key(1)), .send(key(1)), .announce, .send(key(1))])
    }

    @Test("A failure to send that is heard of after the reconnection is repaired at once, not with the next one")
    func sendFailedLate() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.compute(key(1))
        worker.handle(.disconnected)
        worker.handle(.connected)
        _ = worker.take()
        worker.handle(.sendFailed(key(1)))
        #expect(worker.take() == [.send(key(1))])
        #expect(worker.core.leases.isEmpty)
    }

    // MARK: Draining

    @Test("An idle worker is drained at once, after saying that it leaves")
    func drainIdle() {
        var worker = WorkerCoreHarness()
        worker.handle(.drain)
        #expect(worker.take() == [.announce, .drained])
        #expect(worker.core.isDraining)
    }

    @Test("A draining worker finishes what it holds, waiting tasks too, and refuses the rest")
    func drain() {
        var worker = WorkerCoreHarness(slots: 1, prefetch: 1)
        worker.receive(key(1), key(2))
        _ = worker.take()
        worker.handle(.drain)
        worker.receive(key(3))
        #expect(worker.take() == [.announce, .refuse(key(3), .draining)])
        worker.compute(key(1))
        #expect(worker.take() == [.send(key(1)), .start(key(2))])
        worker.handle(.drain)
        #expect(worker.take().isEmpty)
        worker.compute(key(2))
        #expect(worker.take() == [.send(key(2)), .drained])
    }

    @Test("A worker is not drained while a result waits for a connection")
    func drainUnsent() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.handle(.drain)
        worker.handle(.disconnected)
        worker.compute(key(1))
        #expect(worker.take() == [.start(key(1)), .announce])
        worker.handle(.connected)
        #expect(worker.take() == [.announce, .send(key(1)), .drained])
    }

    @Test("A worker is not drained while a cancelled task still has its slot")
    func drainCancelled() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.handle(.drain)
        worker.handle(.cancelled(key(1)))
        #expect(worker.take() == [.start(key(1)), .announce, .abandon(key(1))])
        worker.compute(key(1))
        #expect(worker.take() == [.drained])
    }

    @Test("If the last result could not be sent after all, the worker is drained again only when it is")
    func drainSendFailed() {
        var worker = WorkerCoreHarness()
        worker.receive(key(1))
        worker.handle(.drain)
        worker.compute(key(1))
        worker.handle(.disconnected)
        _ = worker.take()
        worker.handle(.sendFailed(key(1)))
        #expect(worker.take().isEmpty)
        worker.handle(.connected)
        #expect(worker.take() == [.announce, .send(key(1)), .drained])
    }

    private func counters(done: Int = 0, failed: Int = 0, refused: Int = 0, cancelled: Int = 0) -> WorkerCounters {
        var counters = WorkerCounters()
        counters.tasksDone = done
        counters.tasksFailed = failed
        counters.tasksRefused = refused
        counters.tasksCancelled = cancelled
        return counters
    }
}
