import Dispatcher
import Fleet
import Testing

@testable import Simulation

/// What limits a fleet, held against arithmetic.
@Suite("Fleets of any size, simulated") struct ScaleTests {
    /// 2048² of 8 heads: 8.6 GFLOP, and 33.5 MB through the broker if nothing is sent twice.
    private func settings(workers: Int, jobs: Int = 64, _ adjust: (inout ScaleSettings) -> Void = { _ in })
        -> ScaleSettings
    {
        var settings = ScaleSettings(
            seed: 1, problem: AttentionProblem(heads: 8, queries: 2048, keys: 2048, headSize: 64))
        settings.workers = workers
        settings.jobs = jobs
        settings.arrivals = .pipelined(16)
        adjust(&settings)
        return settings
    }

    private func run(_ settings: ScaleSettings) throws -> ScaleReport {
        let report = try Simulation.scale(settings, .none)
        #expect(report.jobsDone == settings.jobs && report.jobsRefused == 0)
        return report
    }

    @Test("The rate grows with the workers as long as they are what limits", arguments: [1, 2, 4, 8, 16])
    func linear(workers: Int) throws {
        let report = try run(settings(workers: workers))
        #expect(report.ceiling == .workers)
        #expect(report.retries == 0, "no attempt is lost without faults")
        #expect(report.speedUp > 0.9 * Double(workers) && report.speedUp < 1.1 * Double(workers))
    }

    @Test("Workers of unlike speeds do together what their speeds add up to")
    func mixed() throws {
        let report = try run(
            settings(workers: 8) { settings in
                settings.kinds = [4.0, 2, 1, 0.5].map {
                    var kind = ScaleWorker()
                    kind.speed = $0 * 1e9
                    return kind
                }
            })
        #expect(report.speedUp > 0.85 * 8 && report.speedUp < 1.1 * 8)
    }

    @Test("A broker limits at its bandwidth: all of it is used, and twice of it is about twice the rate")
    func broker() throws {
        func report(megabytes: Double) throws -> ScaleReport {
            try run(
                settings(workers: 40, jobs: 48) { settings in
                    for index in settings.kinds.indices { settings.kinds[index].speed = 1e11 }
                    settings.broker = ScaleStation(bytesPerSecond: megabytes * 1e6, messageSeconds: 0)
                })
        }
        let (one, two) = (try report(megabytes: 40), try report(megabytes: 80))
        #expect(one.ceiling == .broker && two.ceiling == .broker)
        for (report, bandwidth) in [(one, 40e6), (two, 80e6)] {
            let used = Double(report.brokerBytes) / report.seconds
            #expect(used > 0.9 * bandwidth && used < 1.01 * bandwidth)
        }
        // Not twice exactly: how finely a job is cut is another question on another broker.
        #expect(two.jobsPerSecond > 1.75 * one.jobsPerSecond)
    }

    @Test("A dispatcher limits by its messages, if these take it long")
    func dispatcher() throws {
        let report = try run(
            settings(workers: 64) { settings in
                settings.dispatcher = ScaleStation(bytesPerSecond: 1e12, messageSeconds: 0.02)
                settings.heartbeatSeconds = 0.02
                settings.planningSecondsPerWorker = 0
            })
        #expect(report.ceiling == .dispatcher)
        // Each job is a request, an answer, and as many results as tasks; heartbeats come to 64 every five seconds.
        let messages = Double(2 * report.jobsDone + 2 * report.tasks) + report.heartbeatsPerSecond * report.seconds
        #expect(abs(messages * 0.02 / report.seconds - 1) < 0.1)
    }

    @Test("Results are what limits a dispatcher whose tasks travel as small integers")
    func fanIn() throws {
        let report = try run(
            settings(workers: 64) { settings in
                settings.wire = .i8
                settings.isDirect = true
                settings.dispatcherLink = ScaleStation(bytesPerSecond: 4e6, messageSeconds: 0)
                for index in settings.kinds.indices { settings.kinds[index].speed = 1e11 }
            })
        // Q, K and V in quarters of the bytes, the output in all of them.
        #expect(report.ceiling == .fanIn)
        #expect(report.loads[.fanOut, default: 0] < report.loads[.fanIn, default: 0])
    }

    @Test("Jobs that come seldom are done at the rate at which they come, and nothing limits")
    func seldom() throws {
        let report = try run(settings(workers: 16, jobs: 40) { $0.arrivals = .rate(0.5) })
        #expect(report.ceiling == .jobs)
        #expect(abs(report.jobsPerSecond / 0.5 - 1) < 0.2)
    }

    @Test("Every worker beats once in five seconds", arguments: [10, 500])
    func heartbeats(workers: Int) throws {
        let report = try run(settings(workers: workers))
        #expect(abs(report.heartbeatsPerSecond / (Double(workers) / 5) - 1) < 0.25)
    }

    @Test("The same seed gives the same run, another one another")
    func isDeterministic() throws {
        func latencies(seed: UInt64) throws -> [Double] {
            var settings = settings(workers: 30)
            settings.seed = seed
            return try run(settings).latencies
        }
        let first = try latencies(seed: 1)
        #expect(try latencies(seed: 1) == first)
        #expect(try latencies(seed: 2) != first)
    }

    @Test("What is measured of this machine does not change what happens")
    func gauges() throws {
        var ticks = 0.0
        let gauges = ScaleGauges(
            processorSeconds: {
                ticks += 1
                return ticks
            }, heapBytes: { 0 })
        let settings = settings(workers: 20, jobs: 20)
        let measured = try Simulation.scale(settings, gauges)
        #expect(try run(settings).latencies == measured.latencies)
        #expect(measured.planning == Array(repeating: 1, count: 20))
        #expect(measured.coreSeconds == 1 && measured.coreEvents > 20 * 3)
    }

    @Test("A job that no message can carry is refused by name")
    func tooLarge() {
        let settings = settings(workers: 2) { $0.messageBytes = 64 }
        #expect { try Simulation.scale(settings, .none) } throws: { ($0 as? JobError)?.code == .tooLarge }
    }
}
