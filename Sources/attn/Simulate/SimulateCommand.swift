import ArgumentParser
import Codecs
import Fleet
import Simulation

/// `attn simulate`: runs whole fleets on a virtual clock, and breaks them.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
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

    @Flag(help: "Print what happens, of the one seed.")
    var trace = false

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

    private func settings(_ seed: UInt64) throws -> SimulationSettings {
        var settings = SimulationSettings(seed: seed)
        settings.workers = workers
        settings.jobs = jobs
        settings.duration = .seconds(60 * minutes)
        settings.faults = try chosenFaults()
        settings.drawBounds()
        return settings
    }

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var totals = SimulationCounters()
        for seed in seed..<seed + UInt64(seeds) {
            let report = Simulation.run(
                try settings(seed), trace: trace ? { print("\($0.nanoseconds / 1000) µs: \($1)") } : nil)
            totals.add(report.counters)
            guard report.violations.isEmpty else {
                print("seed \(seed) after \(report.elapsed.inSeconds) s: \(report.violations)")
                throw ExitCode(1)
            }
        }
        let elapsed = start.duration(to: clock.now)
        print(totals, elapsed, "\(Int(Double(totals.schedulerEvents) / elapsed.inSeconds)) scheduler events/s")
    }
}
