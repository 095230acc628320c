import ArgumentParser
import Codecs
import Fleet
import Foundation
import LocalFleet
import Models
import Transformer

/// `attn bench strategies`: what each way to share a model out takes, by the number of workers.
struct BenchStrategiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strategies",
        abstract: "Measure how long a request takes by each strategy, and what it sends, by the number of workers.",
        discussion: """
            Starts a fleet for each number of workers, each held to a share of a core by a control group, as small devices \
            would be, so that they and not this machine are what limits. Strategies take turns, so that all see the same \
            machine. Bytes are those of tasks and results; fetching the model, once, is not counted.

            EXAMPLES
              One text of 128 tokens:
                attn bench strategies --model models/all-MiniLM-L6-v2 --tokens 128
              Eight texts a request, for a script:
                attn bench strategies --model models/all-MiniLM-L6-v2 --tokens 64 --sequences 8 --json
            """)

    @Option(help: ArgumentHelp("The model's folder.", valueName: "MODEL"), completion: .directory)
    var model: String

    @Option(help: ArgumentHelp("Tokens of each text.", valueName: "n"))
    var tokens = 128

    @Option(help: ArgumentHelp("Texts in a request.", valueName: "n"))
    var sequences = 1

    @Option(help: ArgumentHelp("Numbers of workers, with commas between.", valueName: "list"))
    var workers = NumberList([1, 2, 4, 8])

    @Option(help: ArgumentHelp("The share of a core that a worker is held to; 0: it is not.", valueName: "share"))
    var share = 0.1

    @Option(help: ArgumentHelp("Requests by each strategy that are measured, after one to warm up.", valueName: "n"))
    var runs = 7

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard (1...65_536).contains(tokens) else { throw ValidationError("--tokens must be 1 to 65536") }
        guard (1...4096).contains(sequences) else { throw ValidationError("--sequences must be 1 to 4096") }
        guard !workers.numbers.isEmpty, workers.numbers.allSatisfy((1...64).contains) else {
            throw ValidationError("--workers must be numbers from 1 to 64")
        }
        guard share == 0 || (0.005...1).contains(share) else {
            throw ValidationError("--share must be 0.005 to 1, or 0")
        }
        guard (1...10_000).contains(runs) else { throw ValidationError("--runs must be 1 to 10000") }
    }

    private static let strategies: [InferenceStrategy] = [.replicate, .positions, .heads]

    func run() async throws {
        if share > 0, let reason = LocalFleet.whyNoShares { throw CommandFailure("\(reason); --share 0 goes without") }
        let model = try Self.load(model)
        let batch = model.randomBatch(tokens: tokens, sequences: sequences)
        let signals = InterruptHandler { LocalFleet.removeFolders() }
        defer { signals.cancel() }
        var rows: [StrategyRow] = []
        for count in workers.numbers {
            rows += try await ModelFleet.with(
                model, in: self.model, workers: count, share: share > 0 ? share : nil
            ) { try await measure($0, batch, workers: count) }
            if !json { show(rows.suffix(Self.strategies.count), base: rows[0], isFirst: count == workers.numbers[0]) }
        }
        if json { Console.print(JSON.object(["rows": .array(rows.map(\.json))]).text()) }
    }

    static func load(_ folder: String) throws -> Model {
        do throws(ModelError) { return try Model(folder: folder, hasLayers: true) } catch {
            throw CommandFailure(error.message)
        }
    }

    private func measure(_ fleet: ModelFleet, _ batch: EncoderBatch, workers: Int) async throws -> [StrategyRow] {
        var outcomes: [InferenceStrategy: [ModelFleet.Outcome]] = [:]
        for run in -1..<runs {
            for strategy in Self.strategies {
                let outcome = try await fleet.run(batch, strategy)
                if run >= 0 { outcomes[strategy, default: []].append(outcome) }
            }
        }
        return Self.strategies.map { StrategyRow(workers: workers, strategy: $0, outcomes[$0] ?? []) }
    }

    private func show(_ rows: ArraySlice<StrategyRow>, base: StrategyRow, isFirst: Bool) {
        if isFirst {
            Console.print("| workers | strategy | median, ms | of one worker's replicate | tasks and results |")
            Console.print("|---:|---|---:|---:|---:|")
        }
        for row in rows {
            Console.print(
                String(
                    format: "| %d | %@ | %.1f | %.2f | %.2f MB |", row.workers, row.strategy.rawValue, row.median * 1e3,
                    row.median / base.median, Double(row.bytes) / 1e6))
        }
    }
}

/// What a strategy took with a number of workers.
struct StrategyRow: Sendable {
    let workers: Int
    let strategy: InferenceStrategy
    private let seconds: [Double]
    let bytes: Int

    init(workers: Int, strategy: InferenceStrategy, _ outcomes: [ModelFleet.Outcome]) {
        (self.workers, self.strategy) = (workers, strategy)
        seconds = outcomes.map(\.seconds)
        bytes = outcomes.map(\.bytes).sorted()[outcomes.count / 2]
    }

    var median: Double { seconds.quantile(0.5) }

    var json: JSON {
        [
            "workers": JSON(workers), "strategy": .string(strategy.rawValue), "median_s": JSON(median),
            "max_s": JSON(seconds.quantile(1)), "bytes": JSON(bytes), "runs": JSON(seconds.count),
        ]
    }
}
