import ArgumentParser
import AttnMath
import Codecs
import Fleet
import Foundation
import Models
import Transformer

/// `attn bench model`: how long a model takes for one input, in this process.
struct BenchModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Measure how long a model takes for one input, in this process.",
        discussion: """
            A text model is given random tokens, a sensor model random readings; tokenising is not measured. With more \
            than one thread each computes some rows of every layer, as workers do with --strategy positions.

            With --stdin it measures one run for each line of the standard input, which is a number of tokens, so that a \
            script can alternate with something else.

            ATTN_ISA names the kernel's variant, such as baseline; else the best.

            EXAMPLES
              One text of 128 tokens:
                attn bench model --model models/all-MiniLM-L6-v2 --tokens 128
              For a script:
                attn bench model --model models/all-MiniLM-L6-v2 --tokens 16 --runs 200 --json
            """)

    @Option(help: ArgumentHelp("The model's folder.", valueName: "MODEL"), completion: .directory)
    var model: String

    @Option(help: ArgumentHelp("Tokens of the text.", valueName: "n"))
    var tokens = 128

    @Option(help: ArgumentHelp("Threads that share the rows of each layer.", valueName: "n"))
    var threads = 1

    @Option(help: ArgumentHelp("Runs that are measured, after a tenth as many to warm up.", valueName: "n"))
    var runs = 50

    @Option(help: ArgumentHelp("What weights are kept in: \(WeightFormat.names).", valueName: "format"))
    var weights = WeightFormat.float32.rawValue

    @Flag(help: "Print one JSON object.")
    var json = false

    @Flag(help: "Measure one run for each line of the standard input, and answer with its seconds.")
    var stdin = false

    func validate() throws {
        guard (1...65_536).contains(tokens) else { throw ValidationError("--tokens must be 1 to 65536") }
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024") }
        guard (1...100_000).contains(runs) else { throw ValidationError("--runs must be 1 to 100000") }
        guard WeightFormat(rawValue: weights) != nil else {
            throw ValidationError("--weights must be one of \(WeightFormat.names)")
        }
    }

    func run() async throws {
        let kernel = try AttentionKernel.fromEnvironment()
        do throws(ModelError) {
            let model = try Model(
                folder: model, format: WeightFormat(rawValue: weights) ?? .float32, hasLayers: true,
                kernel: kernel)
            try await measure(ModelBench(model, threads: threads))
        } catch {
            throw CommandFailure(error.message)
        }
    }

    private func measure(_ bench: ModelBench) async throws(ModelError) {
        if stdin {
            while let line = readLine() {
                let seconds = try await bench.run(tokens: Int(line) ?? tokens).inSeconds
                Console.print("\(seconds)")
            }
            return
        }
        for _ in 0..<max(runs / 10, 1) { _ = try await bench.run(tokens: tokens) }
        var times: [Double] = []
        for _ in 0..<runs { times.append(try await bench.run(tokens: tokens).inSeconds) }
        times.sort()
        let (median, best) = (times[times.count / 2], times[0])
        let bytes = bench.model.encoder.byteCount
        guard json else {
            return Console.print(
                String(
                    format: "%@, %d tokens, %d thread%@: median %.3f ms, best %.3f ms; weights %.1f MB as %@",
                    bench.model.name, tokens, threads, threads == 1 ? "" : "s", median * 1000, best * 1000,
                    Double(bytes) / 1e6, weights))
        }
        Console.print(
            JSON.object([
                "model": .string(bench.model.name), "tokens": JSON(tokens), "threads": JSON(threads),
                "weights": .string(weights), "weight_bytes": JSON(bytes), "runs": JSON(runs),
                "median_s": JSON(median), "min_s": JSON(best),
            ]).text())
    }
}
