import ArgumentParser
import Codecs
import Dispatcher
import Fleet
import Settings
import Simulation
import Foundation

/// `attn simulate scale`: what fleets of any size do, and what limits them.
struct SimulateScaleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Simulate fleets of any size without faults, and tell what limits them.",
        discussion: """
            Planner, scheduler and cores are the real ones; workers, links, broker and the dispatcher's processor are simulated with \
            the speeds and bandwidths given, on a virtual clock. Every worker beats as a real one does. The same options give the \
            same run. What is measured on this machine is the processor time of planning and of the core, and the memory of the \
            dispatcher's tables.

            Lists with commas are given to the workers in turn. The defaults are measurements: docs/scaling.md tells how.

            EXAMPLES
              attn simulate scale --workers 10,1000,100000
              attn simulate scale --workers 1000 --queries 8192 --keys 8192 --pipelined 1
              attn simulate scale --workers 200 --gflops 4,1,0.25 --link-mbytes-per-s 100,12.5 --wire f16 --direct
              attn simulate scale --workers 1000 --rate 20 --json

            EXIT STATUS
              0 if every job was done; 1 if one was not, or the job cannot be cut for its messages; 64 for wrong usage.
            """)

    @Option(help: ArgumentHelp("Workers of each fleet, one fleet after the other.", valueName: "n,…"))
    var workers = NumberList([10, 1000, 100_000])

    @Option(help: ArgumentHelp("The seed of everything that is drawn.", valueName: "n"))
    var seed: UInt64 = 1

    @OptionGroup(title: "Jobs") var jobs: ScaleJobOptions

    @OptionGroup(title: "Machines") var machines: ScaleMachineOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard !workers.numbers.isEmpty, workers.numbers.allSatisfy((1...100_000).contains) else {
            throw ValidationError("--workers must be numbers from 1 to 100000, with commas")
        }
    }

    func run() throws {
        let line = ProgressLine()
        var reports: [ScaleReport] = []
        for count in workers.numbers {
            line.show("simulating \(count.counted("worker"))")
            do throws(JobError) { reports.append(try Simulation.scale(settings(count), Self.gauges)) } catch {
                line.clear()
                throw CommandFailure("the job: \(error.message)")
            }
        }
        line.clear()
        let summary = ScaleSummary(reports)
        if json { Console.print(summary.json.text()) } else { for row in summary.lines { Console.print(row) } }
        if reports.contains(where: { $0.jobsDone < jobs.jobs }) { throw ExitCode.failure }
    }

    private func settings(_ workers: Int) -> ScaleSettings {
        var settings = ScaleSettings(seed: seed, problem: jobs.problem)
        settings.workers = workers
        jobs.apply(to: &settings)
        machines.apply(to: &settings)
        return settings
    }

    private static var gauges: ScaleGauges {
        ScaleGauges(processorSeconds: { Double(clock()) / 1e6 }, heapBytes: { Allocator.bytesInUse })
    }
}
