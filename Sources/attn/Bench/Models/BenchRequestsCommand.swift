import ArgumentParser
import Codecs
import Compute
import Fleet
import Foundation
import LocalFleet
import Models
import Transformer

/// `attn bench requests`: requests a second of a fleet, beside those of as many threads in this process.
struct BenchRequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "Measure how many requests a second a fleet answers, beside as many threads in this process.",
        discussion: """
            Each request is one input. The fleet and the threads take turns, round after round, so that both see the same \
            machine; the fleet always has as many requests under way as it is told. Tokenising is not measured.

            EXAMPLES
              Two workers, and two threads:
                attn bench requests --model models/all-MiniLM-L6-v2 --tokens 128
              For a script:
                attn bench requests --model models/all-MiniLM-L6-v2 --tokens 16 --pipelined 16 --json
            """)

    @Option(help: ArgumentHelp("The model's folder.", valueName: "MODEL"), completion: .directory)
    var model: String

    @Option(help: ArgumentHelp("Tokens of each text.", valueName: "n"))
    var tokens = 128

    @Option(help: ArgumentHelp("Workers, and threads.", valueName: "n"))
    var workers = 2

    @Option(help: ArgumentHelp("Requests that are under way at a time.", valueName: "n"))
    var pipelined = 8

    @Option(help: ArgumentHelp("How long each is measured, in all.", valueName: "seconds"))
    var seconds = 10.0

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...65_536).contains(tokens) else { throw ValidationError("--tokens must be 1 to 65536") }
        guard (1...64).contains(workers) else { throw ValidationError("--workers must be 1 to 64") }
        guard (1...4096).contains(pipelined) else { throw ValidationError("--pipelined must be 1 to 4096") }
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 3600") }
    }

    private static let rounds = 5

    func run() async throws {
        let model = try BenchStrategiesCommand.load(model)
        let batch = model.randomBatch(tokens: tokens)
        let signals = InterruptHandler { LocalFleet.removeFolders() }
        defer { signals.cancel() }
        let pool = ComputePool(threads: workers) { EncoderWorkspace() }
        let rates = try await ModelFleet.with(model, in: self.model, workers: workers) { fleet in
            // Every worker fetches the model.
            for _ in 0..<4 * workers { _ = try await fleet.run(batch) }
            var rates: [(fleet: Double, threads: Double)] = []
            for _ in 0..<Self.rounds {
                let fleet = try await rate(lanes: pipelined) { _ = try await fleet.run(batch) }
                let threads = try await rate(lanes: workers) {
                    // What the fleet has just done with the same model does not fail.
                    await pool.run { _ = try? model.encoder.infer(batch, workspace: $0) }
                }
                rates.append((fleet, threads))
            }
            return rates
        }
        report(rates)
    }

    /// How often a second `body` is done by that many lanes, each of which begins again when it is done.
    private func rate(lanes: Int, _ body: @escaping @Sendable () async throws -> Void) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds / Double(Self.rounds)))
        let done = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<lanes {
                group.addTask {
                    var done = 0
                    while clock.now < end {
                        try await body()
                        done += 1
                    }
                    return done
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(done) / start.duration(to: clock.now).inSeconds
    }

    private func report(_ rates: [(fleet: Double, threads: Double)]) {
        let (fleet, threads) = (rates.map(\.fleet).quantile(0.5), rates.map(\.threads).quantile(0.5))
        let ratio = rates.map { $0.fleet / $0.threads }.quantile(0.5)
        guard json else {
            return Console.print(
                String(
                    format: "%d tokens: %d workers %.1f requests/s, %d threads %.1f, ratio %.2f (medians of %d rounds)",
                    tokens, workers, fleet, workers, threads, ratio, rates.count))
        }
        Console.print(
            JSON.object([
                "tokens": JSON(tokens), "workers": JSON(workers), "pipelined": JSON(pipelined),
                "fleet_requests_per_s": JSON(fleet), "threads_requests_per_s": JSON(threads), "ratio": JSON(ratio),
            ]).text())
    }
}
