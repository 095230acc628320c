import Dispatcher
import Fleet
import Testing

@Suite("Durable jobs") struct DurableJobTests {
    private func stores(_ actions: [DispatcherAction]) -> [JobID] {
        actions.compactMap { if case .store(let ticket, _) = $0 { ticket.id } else { nil } }
    }

    @Test("A durable job is accepted once the journal has it, and answered once the journal has its answer")
    func life() {
        var fleet = CoreHarness()
        fleet.join("a")
        fleet.request("j", durable: true)
        var actions = fleet.take()
        #expect(stores(actions) == [job("j")])
        #expect(!actions.contains(acceptedOf: "j"))
        #expect(actions.sends == 0)
        fleet.handle(.stored(job("j"), nil))
        #expect(fleet.actions.contains(acceptedOf: "j"))
        fleet.work()
        actions = fleet.take()
        #expect(actions.outcomes == [job("j"): .done])
        #expect(actions.delivered.isEmpty)
        fleet.handle(.answerStored(job("j"), isKept: true))
        actions = fleet.take()
        #expect(actions.delivered == [job("j"): [waiter("client")]])
        #expect(actions.contains(.dropAnswer(job("j"))))
        #expect(fleet.core.tables.kept == 1)
        #expect(fleet.core.tables.jobsInMemory == 0)
        fleet.handle(.released(job("j"), waiter("client").route))
        #expect(fleet.take().contains(.forget(job("j"))))
        #expect(fleet.core.tables.jobsInJournal == 0)
    }

    @Test("A job that the journal does not take is refused, and forgotten")
    func notStored() {
        var fleet = CoreHarness()
        fleet.request("j", durable: true)
        fleet.handle(.stored(job("j"), JobError(.journal, "disk full")))
        let actions = fleet.take()
        #expect(actions.refusals == [.journal])
        #expect(actions.contains(.discard(job("j"))))
        #expect(fleet.core.tables.jobs == 0)
        #expect(fleet.core.invariantViolations(at: fleet.now) == [])
    }

    @Test("An answer that the journal does not take is put there again, and not handed over before")
    func answerNotStored() {
        var fleet = CoreHarness()
        fleet.join("a")
        fleet.request("j", durable: true)
        fleet.handle(.stored(job("j"), nil))
        fleet.work()
        _ = fleet.take()
        for _ in 0..<3 {
            fleet.handle(.answerStored(job("j"), isKept: false))
            fleet.advance(.seconds(1))
            let actions = fleet.take()
            #expect(actions.delivered.isEmpty)
            #expect(actions.contains { if case .storeAnswer(job("j"), _) = $0 { true } else { false } })
        }
        fleet.handle(.answerStored(job("j"), isKept: true))
        #expect(fleet.take().delivered.count == 1)
    }

    @Test("A durable job that fails is kept as failed: it ends once, and is not run again")
    func failure() {
        var fleet = CoreHarness()
        fleet.request("j", durable: true, timeout: .seconds(2))
        fleet.handle(.stored(job("j"), nil))
        fleet.advance(.seconds(2))
        fleet.handle(.answerStored(job("j"), isKept: true))
        #expect(fleet.take().delivered.count == 1)
        fleet.join("a")
        fleet.request("j", durable: true)
        let actions = fleet.take()
        #expect(actions.sends == 0)
        #expect(actions.delivered == [job("j"): [waiter("client")]])
    }

    @Test(
        "Without room in memory a durable job is stored and accepted, waits on disk, and is loaded when there is room")
    func backlog() {
        var admission = AdmissionSettings()
        admission.clientShare = 1
        admission.jobs = 1
        var fleet = CoreHarness(admission: admission)
        fleet.request("first")
        fleet.request("second", durable: true, priority: 0)
        fleet.request("third", durable: true, priority: 50)
        fleet.handle(.stored(job("second"), nil))
        fleet.handle(.stored(job("third"), nil))
        var actions = fleet.take()
        #expect(actions.contains(acceptedOf: "second") && actions.contains(acceptedOf: "third"))
        #expect(actions.contains(.unload(job("second"))))
        #expect(fleet.core.tables.waiting == 2)
        fleet.join("a")
        fleet.work()
        actions = fleet.take()
        #expect(actions.loads == [job("third")])
        fleet.handle(fleet.reading(job("third")))
        fleet.work()
        #expect(fleet.take().outcomes == [job("third"): .done])
        fleet.handle(.answerStored(job("third"), isKept: true))
        #expect(fleet.take().loads == [job("second")])
        #expect(fleet.core.invariantViolations(at: fleet.now) == [])
    }

    @Test("A durable job whose output finds no room waits on disk like one whose request does not")
    func outputsFindNoRoom() {
        var admission = AdmissionSettings()
        admission.clientShare = 1
        admission.bytes = 2500
        var fleet = CoreHarness(admission: admission)
        fleet.outputBytes = 1000
        for name in ["first", "second"] {
            fleet.request(name, durable: true, bytes: 1000)
            fleet.handle(.stored(job(name), nil))
        }
        #expect(fleet.take().contains(.unload(job("second"))))
        #expect(fleet.core.tables.bytesInMemory == 2000)
        fleet.join("a")
        fleet.work()
        fleet.handle(.answerStored(job("first"), isKept: true))
        #expect(fleet.take().loads == [job("second")])
        #expect(fleet.core.tables.bytesInMemory == 2000)
    }

    @Test("What an earlier life had accepted is read to see how large it is, and waits on if it is too large for now")
    func recoveredOutputsFindNoRoom() {
        var admission = AdmissionSettings()
        admission.bytes = 3000
        let recovered = ["first", "second"].map { name in
            let ticket = JobTicket(
                id: job(name), digest: 1, bytes: 1000, isDurable: true,
                deadline: Instant.origin.advanced(by: .seconds(60)),
                client: "client")
            return RecoveredJob(ticket: ticket, waiters: [waiter("client")], state: .accepted)
        }
        var fleet = CoreHarness(admission: admission, recovered: recovered)
        fleet.outputBytes = 1000
        fleet.handle(.tick)
        for id in fleet.take().loads { fleet.handle(fleet.reading(id)) }
        #expect(fleet.take() == [.unload(job("second"))])
        #expect(fleet.core.tables.bytesInMemory == 2000)
        #expect(fleet.core.invariantViolations(at: fleet.now) == [])
        fleet.join("a")
        fleet.work()
        fleet.handle(.answerStored(job("first"), isKept: true))
        #expect(fleet.take().loads == [job("second")])
        fleet.handle(fleet.reading(job("second")))
        fleet.work()
        #expect(fleet.take().outcomes[job("second")] == .done)
    }

    @Test("The backlog goes by priority, and nobody in it starves")
    func backlogOrder() {
        var admission = AdmissionSettings()
        admission.clientShare = 1
        admission.jobs = 1
        var fleet = CoreHarness(admission: admission)
        fleet.request("running", timeout: .seconds(10_000))
        for (name, priority) in [("low", -10), ("high", 10), ("middle", 0)] {
            fleet.request(name, durable: true, timeout: .seconds(5000), priority: priority)
            fleet.handle(.stored(job(name), nil))
        }
        fleet.advance(.seconds(30))
        // By now the lowest has waited longer than any priority is worth to one that comes anew.
        fleet.request("new", durable: true, timeout: .seconds(5000), priority: 10)
        fleet.handle(.stored(job("new"), nil))
        _ = fleet.take()
        var order: [String] = []
        fleet.handle(.withdrawn(job("running"), waiter("client").route))
        while let next = fleet.take().loads.first {
            order.append(next.text)
            fleet.handle(.unfit(next, JobError(.unsupported, "no")))
            fleet.handle(.answerStored(next, isKept: true))
        }
        #expect(order == ["high", "middle", "low", "new"])
    }

    @Test("What an earlier life had accepted is run to its end; what had ended is there for asking")
    func recovery() {
        let now = Instant(nanoseconds: 1_000_000_000)
        func ticket(_ name: String) -> JobTicket {
            JobTicket(
                id: job(name), digest: 1, bytes: 1000, isDurable: true, deadline: now.advanced(by: .seconds(60)),
                client: "client")
        }
        var fleet = CoreHarness(
            recovered: [
                RecoveredJob(ticket: ticket("open"), waiters: [waiter("client")], state: .accepted),
                RecoveredJob(
                    ticket: ticket("ended"), waiters: [waiter("client")],
                    state: .ended(keepUntil: now.advanced(by: .seconds(100)), answerBytes: 10)),
            ], epoch: 8, at: now)
        fleet.handle(.tick)
        #expect(fleet.take().loads == [job("open")])
        fleet.handle(fleet.reading(job("open")))
        fleet.join("a")
        fleet.work()
        fleet.handle(.answerStored(job("open"), isKept: true))
        #expect(fleet.take().delivered == [job("open"): [waiter("client")]])
        fleet.request("ended", durable: true)
        #expect(fleet.take().delivered == [job("ended"): [waiter("client")]])
        fleet.advance(.seconds(101))
        #expect(fleet.take().contains(.forget(job("ended"))))
        #expect(fleet.core.invariantViolations(at: fleet.now) == [])
    }

    @Test("A job whose time passed while no dispatcher lived, or whose request is damaged, ends as failed")
    func recoveredTooLate() {
        let ticket = JobTicket(
            id: job("late"), digest: 1, bytes: 10, isDurable: true, deadline: Instant(nanoseconds: -5), client: "c")
        var damaged = ticket
        damaged.id = job("damaged")
        damaged.deadline = .origin.advanced(by: .seconds(60))
        var fleet = CoreHarness(
            recovered: [ticket, damaged].map { RecoveredJob(ticket: $0, waiters: [waiter("c")], state: .accepted) })
        fleet.handle(.tick)
        fleet.handle(.unfit(job("damaged"), JobError(.journal, "the stored request is damaged")))
        let outcomes = fleet.take().outcomes
        #expect(outcomes.count == 2)
        guard case .failed(let late)? = outcomes[job("late")], case .failed(let lost)? = outcomes[job("damaged")] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect((late.code, lost.code) == (.deadlineExceeded, .journal))
    }

    @Test("A withdrawn job ends wherever it is: being stored, waiting, running", arguments: 0...2)
    func withdrawn(place: Int) {
        var admission = AdmissionSettings()
        admission.jobs = 1
        var fleet = CoreHarness(admission: admission)
        if place == 1 { fleet.request("other") }
        fleet.request("j", durable: true)
        if place > 0 { fleet.handle(.stored(job("j"), nil)) }
        fleet.handle(.withdrawn(job("j"), waiter("client").route))
        if place == 0 { fleet.handle(.stored(job("j"), nil)) }
        #expect(fleet.actions.outcomes[job("j")] != nil)
        fleet.handle(.answerStored(job("j"), isKept: true))
        #expect(fleet.core.invariantViolations(at: fleet.now) == [])
    }
}

@Suite("Draining a dispatcher") struct DrainTests {
    @Test("New jobs are refused, those under way finish, then it says so, once")
    func finishes() {
        var fleet = CoreHarness()
        fleet.join("a")
        fleet.request("j")
        fleet.handle(.drain)
        #expect(!fleet.actions.contains(.drained))
        fleet.request("k")
        #expect(fleet.actions.refusals == [.shuttingDown])
        fleet.work()
        fleet.advance(.seconds(100))
        #expect(fleet.take().count { $0 == .drained } == 1)
    }

    @Test("Past its grace transient jobs fail, and durable ones go back to the journal untouched")
    func handsBack() {
        var fleet = CoreHarness()
        fleet.request("transient", timeout: .seconds(1000))
        fleet.request("durable", durable: true, timeout: .seconds(1000))
        fleet.handle(.stored(job("durable"), nil))
        fleet.handle(.drain)
        fleet.advance(.seconds(30))
        let actions = fleet.take()
        #expect(actions.outcomes.keys.map(\.text) == ["transient"])
        #expect(actions.contains(.unload(job("durable"))))
        #expect(actions.last == .drained)
        #expect(fleet.core.tables.jobsInJournal == 1)
        #expect(fleet.core.invariantViolations(at: fleet.now) == [])
    }

    @Test("What is on its way into the journal is accepted, and left for the next life")
    func storing() {
        var fleet = CoreHarness()
        fleet.join("a")
        fleet.request("j", durable: true)
        fleet.handle(.drain)
        #expect(!fleet.take().contains(.drained))
        fleet.handle(.stored(job("j"), nil))
        let actions = fleet.take()
        #expect(actions.contains(acceptedOf: "j"))
        #expect(actions.sends == 0)
        #expect(actions.last == .drained)
    }
}
