import ArgumentParser
import AttnMath
import Client
import Codecs
import CommandOptions
import Fleet
import Foundation
import Models
import Mosquitto
import Transformer

/// `attn infer`: a model's results for texts or readings, by a fleet or in this process.
struct InferCommand: AsyncParsableCommand, Sendable {
    static let configuration = CommandConfiguration(
        commandName: "infer",
        abstract: "Infer from texts or readings with a model, by a fleet or here.",
        discussion: """
            MODEL is a Hugging Face folder (config.json, model.safetensors, tokenizer.json or vocab.txt); with a fleet, the \
            name of a folder below the dispatcher's --models. One input a line: a text, or for a sensor model a JSON array \
            [channels][length]. A safetensors file with x [cases, channels, length] is read as such, and with the true \
            classes in y the accuracy is told.

            EXAMPLES
              Embeddings of sentences, in this process:
                attn infer --local --model models/all-MiniLM-L6-v2 --input sentences.txt --json
              What the wearers of a watch are doing, by the fleet at a broker:
                attn infer --broker mqtt://pi --model basic-motions --input models/basic-motions/test.safetensors
              From a pipe:
                echo "The bread is in the oven." | attn infer --broker mqtt://pi --model all-MiniLM-L6-v2 --json

            OUTPUT
              A line an input, in order. With --json an object each: embedding, or label, score and scores; latency_s.

            EXIT STATUS
              0 when every input has its line; 1 when a job failed, an input is wrong or the broker was not reached; 64 for \
            wrong usage; 130 after Ctrl-C.
            """)

    @Option(help: ArgumentHelp("The model's folder, or its name.", valueName: "MODEL"), completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp("Where the inputs are; - is the standard input.", valueName: "FILE"), completion: .file())
    var input = "-"

    @Flag(help: "Compute in this process, without a fleet.")
    var local = false

    @Option(help: ArgumentHelp("With --local: threads to compute on; without it, one per core.", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp("With --local: what weights are kept in: \(WeightFormat.names).", valueName: "format"))
    var weights = WeightFormat.float32.rawValue

    @Option(
        help: ArgumentHelp(
            """
            With a fleet: replicate (inputs are shared out), positions (the rows of each layer are), heads (the weights \
            are) or auto.
            """,
            valueName: "strategy"))
    var strategy = InferenceStrategy.auto

    @Option(help: ArgumentHelp("Inputs a job.", valueName: "n"))
    var batch = 32

    @Option(help: ArgumentHelp("How long a job may take.", valueName: "seconds"))
    var timeout = 60.0

    @Flag(help: "With --local and --json: print hidden_states too, before the first layer and after each.")
    var hiddenStates = false

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @OptionGroup(title: "Connection") var connection: ConnectionOptions

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be above 0 and at most 86400")
        }
        guard (1...4096).contains(batch) else { throw ValidationError("--batch must be 1 to 4096") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024") }
        guard WeightFormat(rawValue: weights) != nil else {
            throw ValidationError("--weights must be one of \(WeightFormat.names)")
        }
        if hiddenStates, !local || !json { throw ValidationError("--hidden-states needs --local and --json") }
        if local, connection.broker != nil { throw ValidationError("--local and --broker exclude each other") }
    }

    func run() async throws {
        let signals = InterruptHandler {}
        defer { signals.cancel() }
        if local { return try await infer(with: localRunner(), try InferInput.read(input)) }
        let address = try connection.address(or: "compute here with --local")
        let inputs = try InferInput.read(input)
        let id = ConnectionOptions.clientID()
        try await withMosquitto(
            address, options: ClientOptions(clientID: "attn-client-\(id)"), tls: try connection.tls(),
            connect: .required(within: .seconds(min(timeout, 5)))
        ) { transport in
            try await withFleetClient(
                id: id, user: address.user.flatMap { PeerID($0) }, fleet: try connection.fleetID(),
                transport: transport
            ) { client in
                let name = URL(fileURLWithPath: model).standardizedFileURL.lastPathComponent
                try await infer(
                    with: FleetInferRunner(
                        client: client, model: name, strategy: strategy, timeout: .seconds(timeout)), inputs)
            }
        }
    }

    private func localRunner() throws -> LocalInferRunner {
        let kernel = try AttentionKernel.fromEnvironment()
        do throws(ModelError) {
            let model = try Model(
                folder: model, format: WeightFormat(rawValue: weights) ?? .float32, hasLayers: true,
                kernel: kernel)
            return LocalInferRunner(
                model, keepsHiddenStates: hiddenStates, threads: threads ?? ProcessInfo.processInfo.activeProcessorCount
            )
        } catch {
            throw CommandFailure("\(error.message)")
        }
    }

    /// Prints a line for each input, in order; two batches are on their way at a time, so that nobody waits for the other.
    private func infer(with runner: some InferRunner, _ input: InferInput) async throws {
        let batches = stride(from: 0, to: input.count, by: batch).map { $0..<min($0 + batch, input.count) }
        let printer = InferPrinter(input: input, isJSON: json)
        do {
            try await withThrowingTaskGroup(of: (Int, [InferOutcome]).self) { group in
                func start(_ number: Int) {
                    guard batches.indices.contains(number) else { return }
                    group.addTask { (number, try await runner.run(batches[number], of: input)) }
                }
                start(0)
                start(1)
                var early: [Int: [InferOutcome]] = [:]
                var next = 0
                while let (number, outcomes) = try await group.next() {
                    early[number] = outcomes
                    start(number + 2)
                    while let outcomes = early.removeValue(forKey: next) {
                        printer.print(outcomes, of: batches[next])
                        next += 1
                    }
                }
            }
        } catch let error as ModelError {
            throw CommandFailure(error.message)
        }
        printer.conclude()
    }
}

/// The lines of `attn infer`.
private final class InferPrinter {
    private let input: InferInput
    private let isJSON: Bool
    private let progress = ProgressLine()
    private var correct = 0

    init(input: InferInput, isJSON: Bool) { (self.input, self.isJSON) = (input, isJSON) }

    func print(_ outcomes: [InferOutcome], of range: Range<Int>) {
        for (index, outcome) in zip(range, outcomes) {
            Console.print(isJSON ? outcome.json.text() : outcome.line(input.title(index)))
            if case .series(_, _, let y?) = input, outcome.best == y[index] { correct += 1 }
        }
        progress.show("\(range.upperBound) of \(input.count)")
    }

    func conclude() {
        progress.clear()
        guard case .series(_, _, _?) = input, !isJSON else { return }
        let accuracy = String(format: "%.4f", Double(correct) / Double(max(input.count, 1)))
        Console.say("\(correct) of \(input.count) as the file says: accuracy \(accuracy)")
    }
}

extension InferOutcome {
    var json: JSON {
        var json = result.json(labels: labels).objectValue ?? [:]
        if !hiddenStates.isEmpty {
            json["hidden_states"] = .array(
                hiddenStates.map { rows in .array(rows.map { row in .array(row.map { JSON(Double($0)) }) }) })
        }
        json["latency_s"] = JSON(latency.inSeconds)
        return .object(json)
    }

    /// The class with the highest score, if there are classes.
    var best: Int? {
        guard case .logits(let logits) = result else { return nil }
        return logits.indices.max { logits[$0] < logits[$1] }
    }

    func line(_ title: String) -> String {
        switch result {
        case .embedding(let row):
            let start = row.prefix(4).map { String(format: "%.4f", $0) }.joined(separator: " ")
            return "[\(row.count)] \(start) …\t\(title)"
        case .logits(let logits):
            let score = EncoderResult.probabilities(logits).max() ?? 0
            return "\(best.map { labels[$0] } ?? "")\t\(String(format: "%.3f", score))\t\(title)"
        }
    }
}
