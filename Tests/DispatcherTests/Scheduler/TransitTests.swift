import Fleet
import Testing

@testable import Dispatcher

/// Tasks on a slow way are not taken for lost.
@Suite("Time that messages take") struct TransitTests {
    private func fleet(transit: Duration = .zero) -> ScheduledFleet {
        var fleet = ScheduledFleet()
        fleet.join("a", slots: 1, prefetch: 3)
        fleet.submit(shards: 4, transit: transit)
        return fleet
    }

    @Test("A task that two heartbeats do not list is sent again, unless its way is predicted to take that long")
    func predicted() {
        for (transit, retries) in [(Duration.zero, 4), (.seconds(30), 0)] {
            var fleet = fleet(transit: transit)
            for _ in 0..<2 { fleet.beat("a", leases: []) }
            #expect(fleet.scheduler.counters.shardsRetried == retries)
            // Twice of what was predicted is enough.
            for _ in 0..<12 { fleet.beat("a", leases: []) }
            #expect(fleet.scheduler.counters.shardsRetried >= 4)
        }
    }

    @Test("Nor while another's was on its way as long as that, half a minute ago at most")
    func observed() {
        for (transit, isPatient) in [(Duration.milliseconds(10), false), (.seconds(20), true)] {
            var fleet = fleet()
            let held = fleet.leases(of: "a")
            fleet.end(held[0], at: "a", transit: transit)
            for _ in 0..<2 { fleet.beat("a", leases: []) }
            #expect((fleet.scheduler.counters.shardsRetried == 0) == isPatient)
            for _ in 0..<8 { fleet.beat("a", leases: []) }
            #expect(fleet.scheduler.counters.shardsRetried > 0, "what was half a minute ago does not count")
        }
    }

    @Test("A lease that would end while results are late lasts longer, and ends all the same")
    func leases() {
        var fleet = fleet()
        let held = fleet.leases(of: "a")
        fleet.end(held[0], at: "a", transit: .seconds(20))
        fleet.beat("a", leases: Array(held[1...]), after: .seconds(12))
        #expect(fleet.scheduler.counters.shardsRetried == 0, "ten seconds, and twice twenty")
        for _ in 0..<9 { fleet.beat("a", leases: Array(held[1...])) }
        #expect(fleet.scheduler.counters.shardsRetried > 0)
    }
}

/// A scheduler and its clock.
private struct ScheduledFleet {
    var scheduler = Scheduler(epoch: 1, seed: 1)
    var now = Instant.origin

    mutating func handle(_ event: SchedulerEvent) { _ = scheduler.handle(event, at: now) }

    mutating func join(_ name: String, slots: Int, prefetch: Int) {
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: slots, prefetch: prefetch)
        handle(.workerInfo(PeerID(name)!, birth, live: true))
        handle(.workerStatus(PeerID(name)!, online: true))
    }

    mutating func submit(shards: Int, transit: Duration) {
        handle(
            .jobSubmitted(
                JobSubmission(
                    id: JobID("j")!, shards: shards, leaseDuration: .seconds(10),
                    deadline: now.advanced(by: .seconds(3600)),
                    transit: transit)))
    }

    func leases(of name: String) -> [LeaseToken] {
        guard let slot = scheduler.workers.slot(of: PeerID(name)!) else { return [] }
        return scheduler.workers[slot].leases.map(scheduler.token)
    }

    mutating func end(_ lease: LeaseToken, at name: String, transit: Duration) {
        handle(
            .taskEnded(
                TaskEnd(
                    worker: PeerID(name)!, incarnation: Incarnation(1), lease: lease, outcome: .done, transit: transit))
        )
    }

    mutating func beat(_ name: String, leases: [LeaseToken], after pause: Duration = .seconds(5)) {
        now = now.advanced(by: pause)
        handle(.heartbeat(PeerID(name)!, Incarnation(1), leases: leases))
    }
}
