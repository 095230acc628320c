@testable import Dispatcher
import Fleet
import Testing

@Suite("Hedged attempts") struct HedgeTests {
    /// Two workers that have each done ten shards in 100 ms.
    private func learned(_ settings: SchedulerSettings = SchedulerSettings()) -> SchedulerHarness {
        var fleet = SchedulerHarness(settings: settings)
        fleet.join("a")
        fleet.join("b")
        for round in 0..<10 {
            fleet.submit("warm-\(round)", shards: 2)
            let sent = fleet.takeSends()
            fleet.advance(.milliseconds(100))
            for task in sent { fleet.end(task) }
        }
        _ = fleet.take()
        return fleet
    }

    @Test(
        "An attempt that takes longer than the p95 goes to a second, idle worker; the first result wins, the loser is told"
    )
    func hedge() {
        var fleet = learned()
        fleet.submit("j", shards: 1)
        let first = fleet.takeSends()[0]
        fleet.advance(.milliseconds(90))
        #expect(fleet.takeSends().isEmpty)
        fleet.advance(.milliseconds(60))
        let second = fleet.takeSends()
        #expect(second.map(\.worker) != [first.worker])
        #expect(second.map(\.isHedge) == [true])
        #expect(second.map(\.attempt) == [2])
        fleet.end(second[0])
        let actions = fleet.take()
        #expect(actions.finishes == [job("j"): .done])
        #expect(actions.contains(.cancel(worker: first.worker, lease: first.lease)))
        fleet.end(first)
        #expect(fleet.take().kept.isEmpty)
        #expect(fleet.scheduler.counters.hedgesWon == 1)
        #expect(fleet.scheduler.invariantViolations(at: fleet.now).isEmpty)
    }

    @Test("The first attempt may still win")
    func firstWins() {
        var fleet = learned()
        fleet.submit("j", shards: 1)
        let first = fleet.takeSends()[0]
        fleet.advance(.milliseconds(150))
        let second = fleet.takeSends()[0]
        fleet.end(first)
        let actions = fleet.take()
        #expect(actions.kept == [first.key])
        #expect(actions.contains(.cancel(worker: second.worker, lease: second.lease)))
        #expect(fleet.scheduler.counters.hedgesWon == 0)
    }

    @Test("When one of two attempts is lost the other goes on, and no third is started")
    func oneLost() {
        var fleet = learned()
        fleet.submit("j", shards: 1)
        let first = fleet.takeSends()[0]
        fleet.advance(.milliseconds(150))
        let second = fleet.takeSends()[0]
        fleet.handle(.workerStatus(first.worker, online: false))
        #expect(fleet.takeSends().isEmpty)
        fleet.end(second)
        #expect(fleet.take().finishes == [job("j"): .done])
    }

    @Test("Nothing is hedged while a shard waits, or nobody is idle")
    func busy() {
        var fleet = learned()
        fleet.submit("j", shards: 3)
        #expect(fleet.takeSends().count == 2)
        fleet.advance(.seconds(2))
        #expect(fleet.takeSends().isEmpty)
        #expect(fleet.scheduler.counters.hedges == 0)
    }

    @Test("Without latencies to go by nothing is hedged")
    func unknown() {
        var fleet = SchedulerHarness()
        fleet.join("a")
        fleet.join("b")
        fleet.submit("j", shards: 1)
        _ = fleet.takeSends()
        fleet.advance(.seconds(9))
        #expect(fleet.takeSends().isEmpty)
    }

    @Test("A new worker is judged by what the others took, another shape class by itself")
    func classes() {
        var fleet = learned()
        fleet.handle(.workerStatus(peer("a"), online: false))
        fleet.join("c")
        fleet.submit("j", shards: 2)
        let sent = fleet.takeSends()
        fleet.end(sent.first { $0.worker == peer("b") } ?? sent[0])
        fleet.advance(.milliseconds(200))
        #expect(fleet.takeSends().map(\.isHedge) == [true])
        fleet.submit("other", shards: 1, shapeClass: ShapeClass(number: 9))
        fleet.advance(.seconds(2))
        #expect(fleet.takeSends().count { $0.key.job == job("other") && $0.isHedge } == 0)
    }

    @Test("The token bucket stops hedging when everything is slow")
    func budget() {
        var settings = SchedulerSettings()
        settings.hedgeBurst = 2
        settings.hedgesPerTask = 0
        var fleet = learned(settings)
        for round in 0..<5 {
            fleet.submit("slow-\(round)", shards: 1)
            fleet.advance(.milliseconds(400))
            for task in fleet.takeSends() { fleet.end(task) }
        }
        #expect(fleet.scheduler.counters.hedges == 2)
    }
}

@Suite("Latency digests") struct LatencyDigestTests {
    @Test("A quantile is right to a quarter octave, and never too small", arguments: [1, 7, 60])
    func quantile(step: Int) throws {
        var digest = LatencyDigest()
        let latencies = (1...100).map { Duration.microseconds(Int64(100 * $0 * step)) }
        for latency in latencies { digest.record(latency) }
        for quantile in [0.05, 0.5, 0.95, 1] {
            let exact = latencies[Int((quantile * 100).rounded(.up)) - 1]
            let found = try #require(digest.quantile(quantile))
            #expect(found >= exact && found.inSeconds <= exact.inSeconds * 1.26, "\(quantile): \(found), \(exact)")
        }
    }

    @Test("What is long ago counts less")
    func decay() throws {
        var digest = LatencyDigest()
        for _ in 0..<1000 { digest.record(.seconds(10)) }
        for _ in 0..<300 { digest.record(.milliseconds(1)) }
        #expect(try #require(digest.quantile(0.5)) < .milliseconds(2))
    }

    @Test("Without attempts there is no quantile; any length has a place")
    func extremes() {
        var digest = LatencyDigest()
        #expect(digest.quantile(0.5) == nil)
        for latency in [Duration.seconds(-1), .zero, .nanoseconds(1), .seconds(Int64.max)] { digest.record(latency) }
        #expect(digest.quantile(1) != nil)
    }
}
