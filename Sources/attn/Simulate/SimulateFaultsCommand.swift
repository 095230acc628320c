import ArgumentParser
import Codecs
import Fleet
import Foundation
import Simulation

/// `attn simulate faults`, which is also plain `attn simulate`: runs whole fleets on a virtual clock, and breaks them.
struct SimulateFaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faults",
        abstract: "Run simulated fleets with faults, and check that nothing is lost.",
        discussion: """
            The cores of the dispatcher and of the workers are the real ones; clock, network, broker, disk and clients are \
            simulated, and everything that may go wrong is drawn from a seed. After every event invariants are checked. A seed \
            that fails is printed with the command that runs it again, after its faults have been reduced to those that matter.

            EXAMPLES
              attn simulate --seeds 1000
              attn simulate --seed 4711 --trace
              attn simulate --faults crash,dispatcher-kill --seeds 100
              attn simulate --workers 10000 --jobs 100000 --minutes 10 --faults none

            EXIT STATUS
              0 if every invariant held; 1 if one did not; 64 for wrong usage.
            """)

    @Option(help: ArgumentHelp("The first seed.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("How many seeds to run, one after the other.", valueName: "n"))
    var seeds = 1

    @Option(help: ArgumentHelp("Workers in the fleet.", valueName: "n"))
    var workers = 8

    @Option(help: ArgumentHelp("Jobs given to the fleet.", valueName: "n"))
    var jobs = 40

    @Option(help: ArgumentHelp("For how long jobs come and faults happen.", valueName: "n"))
    var minutes = 2

    @Option(help: ArgumentHelp("all, none, or some of: \(Self.faultNames).", valueName: "list"))
    var faults = "all"

    @Option(
        help: ArgumentHelp("Only these of the drawn faults, by number; none: no fault.", valueName: "list"))
    var keptFaults: NumberList?

    @Option(help: ArgumentHelp("Only these jobs, by number.", valueName: "list"))
    var keptJobs: NumberList?

    @Option(help: ArgumentHelp("For how long a seed that fails is made smaller.", valueName: "s"))
    var shrinkSeconds = 30

    @Flag(help: "Print what happens, of the first seed.")
    var trace = false

    @Flag(help: "Measure how many events a second the dispatcher's core takes in by itself, those of a sound fleet.")
    var coreOnly = false

    @Flag(help: "Print the result as JSON.")
    var json = false

    private static let faultNames = Fault.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        guard seeds >= 1, workers >= 1, jobs >= 0, minutes >= 1 else {
            throw ValidationError("--seeds, --workers and --minutes must be at least 1, and --jobs at least 0")
        }
        _ = try chosenFaults()
    }

    private func chosenFaults() throws -> Set<Fault> {
        switch faults {
        case "all": return Set(Fault.allCases)
        case "none": return []
        default:
            return Set(
                try faults.split(separator: ",").map { word in
                    guard let fault = Fault(rawValue: String(word)) else {
                        throw ValidationError("'\(word)' is no fault; there are: all, none, \(Self.faultNames)")
                    }
                    return fault
                })
        }
    }

    private func settings(_ seed: UInt64, _ faults: Set<Fault>) -> SimulationSettings {
        var settings = SimulationSettings(seed: seed)
        settings.workers = workers
        settings.jobs = jobs
        settings.duration = .seconds(60 * minutes)
        settings.faults = faults
        settings.keptFaults = keptFaults?.numbers
        settings.keptJobs = keptJobs?.numbers
        settings.drawBounds()
        return settings
    }

    func run() async throws {
        let faults = try chosenFaults()
        if coreOnly { return measureCore(settings(seed, [])) }
        if trace { return try runTraced(settings(seed, faults)) }
        let start = ContinuousClock.now
        let line = ProgressLine()
        let runner = SimulationRunner(
            settings: { settings($0, faults) }, width: min(ProcessInfo.processInfo.activeProcessorCount, 2),
            progress: { if $0 % 16 == 0 { line.show("\($0) of \(seeds) seeds") } })
        let result = await runner.run(seed..<seed + UInt64(seeds))
        line.clear()
        let summary = SimulationSummary(
            result: result, elapsed: start.duration(to: .now),
            processorSeconds: Double(clock()) / 1e6)
        guard let failure = result.failure else { return report(summary, reproduction: nil) }
        let small = shrunk(settings(failure.seed, faults), failure)
        report(summary, reproduction: command(small))
        if !json { explain(failure, small) }
        throw ExitCode(1)
    }

    private func report(_ summary: SimulationSummary, reproduction: String?) {
        if json { return Console.print(summary.json(reproduction: reproduction)) }
        for line in summary.lines { Console.print(line) }
    }

    private func runTraced(_ settings: SimulationSettings) throws {
        let report = Simulation.run(settings) { at, words in
            Console.print(String(format: "%12.6f  ", Instant.origin.duration(to: at).inSeconds) + words)
        }
        for violation in report.violations { Console.print("VIOLATED  \(violation)") }
        if !report.violations.isEmpty { throw ExitCode(1) }
    }

    private func measureCore(_ settings: SimulationSettings) {
        let recording = Simulation.record(settings)
        var seconds: [Double] = []
        for _ in 0..<7 {
            let start = clock()
            guard recording.replay() == recording.actions else { return Console.say("the core did something else") }
            seconds.append(Double(clock() - start) / 1e6)
        }
        let rate = Int(Double(recording.count) / seconds.quantile(0.5))
        if json {
            let values: [(String, JSON)] = [
                ("events", JSON(recording.count)), ("actions", JSON(recording.actions)),
                ("events_per_core_second", JSON(rate)),
            ]
            return Console.print(JSON.object(JSON.Object(values)).text())
        }
        Console.print(
            "\(recording.count) events, \(recording.actions) actions: \(rate) events per second of processor time")
    }

    // MARK: Failing seeds

    private func shrunk(_ settings: SimulationSettings, _ failure: SimulationReport) -> SimulationSettings {
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(shrinkSeconds))
        return Simulation.shrink(settings, breaking: failure.violations[0].invariant) { clock.now < end }
    }

    private func explain(_ failure: SimulationReport, _ small: SimulationSettings) {
        Console.print("")
        Console.print(String(format: "seed %llu FAILED after %.3f s:", failure.seed, failure.elapsed.inSeconds))
        for violation in failure.violations { Console.print("  \(violation)") }
        let all = small.drawSchedule()
        let (faults, jobs) = (small.keptFaults ?? Array(all.indices), small.keptJobs?.count ?? small.jobs)
        Console.print("it needs \(faults.count) of \(all.count) faults, \(jobs) jobs and \(small.workers) workers:")
        for fault in faults where all.indices.contains(fault) { Console.print("  \(all[fault])") }
        Console.print("to replay it, as it was and made small:")
        Console.print("  " + command(settings(failure.seed, small.faults)))
        Console.print("  " + command(small))
    }

    /// What runs a simulation again.
    private func command(_ settings: SimulationSettings) -> String {
        var words = ["attn simulate --seed \(settings.seed) --workers \(settings.workers) --jobs \(settings.jobs)"]
        words.append("--minutes \(minutes) --faults \(faults)")
        if let kept = settings.keptFaults { words.append("--kept-faults \(NumberList(kept).text)") }
        if let kept = settings.keptJobs { words.append("--kept-jobs \(NumberList(kept).text)") }
        return words.joined(separator: " ") + " --trace"
    }
}
