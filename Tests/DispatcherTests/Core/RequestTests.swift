import Dispatcher
import Fleet
import Testing

@Suite("Requests") struct RequestTests {
    @Test("A transient job is accepted at once, run, answered, and its answer kept for those who ask again")
    func transient() {
        var fleet = CoreHarness()
        fleet.join("a")
        fleet.request("j")
        #expect(fleet.actions.contains(acceptedOf: "j"))
        fleet.work()
        #expect(fleet.take().delivered == [job("j"): [waiter("client")]])
        fleet.request("j")
        let again = fleet.take()
        #expect(again.delivered == [job("j"): [waiter("client")]])
        #expect(again.sends == 0)
        fleet.advance(.seconds(61))
        #expect(fleet.take().contains(.dropAnswer(job("j"))))
        #expect(fleet.core.tables.kept == 0)
        fleet.join("b")
        fleet.request("j")
        #expect(fleet.take().sends == 1)
    }

    @Test("The same request joins the running job, and both clients get the answer")
    func join() {
        var fleet = CoreHarness()
        fleet.request("j", from: "one")
        fleet.request("j", from: "two")
        fleet.request("j", from: "one")
        fleet.join("a")
        fleet.work()
        let actions = fleet.take()
        #expect(actions.delivered == [job("j"): [waiter("one"), waiter("two")]])
        #expect(actions.sends == 1)
    }

    @Test("Where as many wait for a job as may, another is refused while it runs, and has the answer afterwards")
    func tooManyWaiters() {
        var admission = AdmissionSettings()
        admission.waiters = 1
        var fleet = CoreHarness(admission: admission)
        fleet.request("j", from: "one")
        fleet.request("j", from: "two")
        #expect(fleet.take().refusals == [.busy])
        fleet.join("a")
        fleet.work()
        _ = fleet.take()
        fleet.request("j", from: "two")
        #expect(fleet.take() == [.deliver(job("j"), to: [waiter("two")])])
        #expect(fleet.core.waiters(of: job("j")) == [waiter("one")])
    }

    @Test("A job that was withdrawn while it was read is done all the same for a client that joins it")
    func withdrawnAndJoined() {
        var fleet = CoreHarness()
        fleet.request("j", durable: true, from: "one")
        fleet.handle(.withdrawn(job("j"), waiter("one").route))
        fleet.request("j", durable: true, from: "two")
        fleet.handle(.stored(job("j"), nil))
        fleet.join("a")
        fleet.work()
        #expect(fleet.take().outcomes == [job("j"): .done])
    }

    @Test("Another request under the same ID is a conflict, while the job runs and after")
    func conflict() {
        var fleet = CoreHarness()
        fleet.request("j")
        fleet.request("j", digest: 2)
        fleet.join("a")
        fleet.work()
        fleet.request("j", digest: 2)
        #expect(fleet.take().refusals == [.conflict, .conflict])
    }

    @Test("A failed transient job runs anew when it is sent again")
    func failed() {
        var fleet = CoreHarness()
        fleet.request("j", timeout: .seconds(1))
        fleet.advance(.seconds(1))
        #expect(fleet.take().outcomes.count == 1)
        fleet.join("a")
        fleet.request("j")
        fleet.work()
        #expect(fleet.take().outcomes == [job("j"): .done])
    }

    @Test(
        "A request that cannot be run is refused with the reason, and leaves nothing behind", arguments: [true, false])
    func unfit(durable: Bool) {
        var fleet = CoreHarness()
        fleet.unfit = JobError(.unsupported, "no")
        fleet.request("j", durable: durable)
        #expect(fleet.take().refusals == [.unsupported])
        let tables = fleet.core.tables
        #expect((tables.jobs, tables.bytesInMemory, tables.jobsInJournal) == (0, 0, 0))
        #expect(fleet.core.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("Answers of transient jobs are kept within a bound: the oldest go first")
    func keptBytes() {
        var admission = AdmissionSettings()
        // Each takes 100 bytes of outputs, and a report of one shard.
        admission.answerBytes = 2 * (100 + 1024 + 512) + 50
        var fleet = CoreHarness(admission: admission)
        fleet.join("a")
        for name in ["a", "b", "c"] { fleet.request(name) }
        fleet.work()
        #expect(fleet.core.tables.kept == 2)
        _ = fleet.take()
        fleet.request("a")
        fleet.request("c")
        let actions = fleet.take()
        #expect(actions.sends == 1)
        #expect(actions.delivered.keys.map(\.text) == ["c"])
    }

    @Test("An answer is not kept for callers in this process, who do not ask again")
    func notKept() {
        var fleet = CoreHarness()
        fleet.join("a")
        let local = JobWaiter(.local(1), wantsUpdates: false)
        fleet.request("mine", route: local)
        fleet.request("ours", route: local)
        fleet.request("ours", from: "one")
        fleet.work()
        #expect(fleet.take().delivered.keys.map(\.text).sorted() == ["mine", "ours"])
        #expect(fleet.core.tables.kept == 1)
        #expect(fleet.core.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("A client that withdraws cancels the job if nobody else waits for it")
    func withdrawn() {
        var fleet = CoreHarness()
        fleet.request("j", from: "one")
        fleet.request("j", from: "two")
        fleet.handle(.withdrawn(job("j"), waiter("stranger").route))
        fleet.handle(.withdrawn(job("j"), waiter("one").route))
        #expect(fleet.take().refusals == [.cancelled])
        #expect(fleet.core.tables.jobs == 1)
        fleet.handle(.withdrawn(job("j"), waiter("two").route))
        let actions = fleet.take()
        #expect(actions.outcomes == [job("j"): .failed(JobError(.cancelled, "the job was cancelled by its client"))])
        #expect(actions.delivered == [job("j"): [waiter("two")]])
        #expect(fleet.core.tables.jobs == 0)
    }

    @Test("An answer that all its clients have is not kept any longer")
    func released() {
        var fleet = CoreHarness()
        fleet.join("a")
        fleet.request("j", from: "one")
        fleet.request("j", from: "two")
        fleet.work()
        fleet.handle(.released(job("j"), waiter("one").route))
        fleet.handle(.released(job("j"), waiter("stranger").route))
        #expect(fleet.core.tables.kept == 1)
        fleet.handle(.released(job("j"), waiter("two").route))
        #expect(fleet.core.tables.kept == 0)
        #expect(fleet.core.invariantViolations(at: fleet.now).isEmpty)
    }
}

@Suite("Admission") struct AdmissionTests {
    private func admission(_ change: (inout AdmissionSettings) -> Void) -> AdmissionSettings {
        var settings = AdmissionSettings()
        settings.clientShare = 1
        change(&settings)
        return settings
    }

    @Test("Above the most jobs one is refused as busy, at once, and told when to come again")
    func jobs() throws {
        var fleet = CoreHarness(admission: admission { $0.jobs = 2 })
        for name in ["a", "b", "c"] { fleet.request(name) }
        let refused = fleet.take().compactMap { if case .refuse(_, _, let error) = $0 { error } else { nil } }
        #expect(refused.map(\.code) == [.busy])
        #expect(try #require(refused[0].retryAfter) > .zero)
    }

    @Test("Above the most bytes too, outputs counted; but a job that is larger runs alone")
    func bytes() {
        var fleet = CoreHarness(admission: admission { $0.bytes = 2500 })
        fleet.request("a", bytes: 1000)
        fleet.outputBytes = 1000
        fleet.request("b", bytes: 1000)
        #expect(fleet.take().refusals == [.busy])
        fleet.join("w")
        fleet.handle(.withdrawn(job("a"), waiter("client").route))
        fleet.request("large", bytes: 10_000)
        #expect(fleet.take().refusals.isEmpty)
        fleet.request("small", bytes: 10)
        #expect(fleet.take().refusals == [.busy])
    }

    @Test("One client gets its share, and the others what is left")
    func share() {
        var fleet = CoreHarness(
            admission: admission {
                $0.jobs = 4
                $0.clientShare = 0.5
            })
        for name in ["a", "b", "c"] { fleet.request(name, from: "greedy") }
        #expect(fleet.take().refusals == [.busy])
        for name in ["d", "e"] { fleet.request(name, from: "modest") }
        #expect(fleet.take().refusals.isEmpty)
    }

    @Test("Whatever comes, memory stays within its bounds", arguments: 1...20)
    func flood(seed: UInt64) {
        var fleet = CoreHarness(
            admission: admission {
                $0.jobs = 20
                $0.bytes = 20_000
                $0.storedJobs = 50
                $0.storedBytes = 60_000
                $0.storingBytes = 8000
            })
        var random = SeededGenerator(seed: seed)
        fleet.join("a", slots: 3)
        for number in 0..<1000 {
            fleet.outputBytes = .random(in: 1...2000, using: &random)
            fleet.request(
                "j\(number)", durable: .random(using: &random), from: "c\(number % 5)",
                bytes: .random(in: 1...3000, using: &random), timeout: .seconds(.random(in: 1...30, using: &random)))
            for action in fleet.actions {
                switch action {
                case .store(let ticket, _): fleet.handle(.stored(ticket.id, nil))
                case .load(let id): fleet.handle(fleet.reading(id))
                case .storeAnswer(let id, _): fleet.handle(.answerStored(id, isKept: .random(using: &random)))
                case .send(let task) where .random(using: &random):
                    let end = TaskEnd(
                        worker: task.worker, incarnation: task.incarnation, lease: task.lease, outcome: .done)
                    fleet.handle(.fleet(.taskEnded(end)))
                default: break
                }
            }
            fleet.actions = []
            fleet.advance(.milliseconds(.random(in: 0...200, using: &random)))
            let tables = fleet.core.tables
            #expect(tables.jobsInMemory <= 20)
            #expect(tables.jobsInJournal <= 50)
            #expect(tables.bytesInJournal <= 62_000)
            #expect(fleet.core.invariantViolations(at: fleet.now) == [])
        }
    }
}
