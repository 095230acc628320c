import Client
import Codecs
import Compute
import Fleet
import Foundation
import Models
import Transformer

/// What one input became.
struct InferOutcome: Sendable {
    let result: EncoderResult
    let labels: [String]
    let latency: Duration
    /// [layers + 1][positions][hidden size], if they are wanted.
    var hiddenStates: [[[Float]]] = []
}

/// Where inputs are inferred from: in this process, or by a fleet.
protocol InferRunner: Sendable {
    /// - Parameter inputs: places in the input, of one batch.
    func run(_ inputs: Range<Int>, of input: InferInput) async throws -> [InferOutcome]
}

/// On threads of this process, one input each at a time.
struct LocalInferRunner: InferRunner {
    let model: Model
    private let keepsHiddenStates: Bool
    private let pool: ComputePool<EncoderWorkspace>

    init(_ model: Model, keepsHiddenStates: Bool = false, threads: Int) {
        self.model = model
        self.keepsHiddenStates = keepsHiddenStates
        pool = ComputePool(threads: threads) { EncoderWorkspace() }
    }

    func run(_ inputs: Range<Int>, of input: InferInput) async throws -> [InferOutcome] {
        try await withThrowingTaskGroup(of: (Int, InferOutcome).self) { group in
            for index in inputs { group.addTask { (index, try await infer(index, of: input)) } }
            var outcomes: [Int: InferOutcome] = [:]
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return inputs.compactMap { outcomes[$0] }
        }
    }

    private func infer(_ index: Int, of input: InferInput) async throws -> InferOutcome {
        let (model, keepsHiddenStates) = (model, keepsHiddenStates)
        return try await pool.run { workspace -> Result<InferOutcome, any Error> in
            Result {
                let clock = ContinuousClock()
                let start = clock.now
                let batch = try input.batch(index, for: model)
                var states: [[[Float]]] = []
                let results = try model.encoder.infer(
                    batch, workspace: workspace,
                    each: { _, rows in
                        guard keepsHiddenStates else { return }
                        let width = model.configuration.hiddenSize
                        states.append(
                            stride(from: 0, to: rows.count, by: width).map { Array(rows[$0..<$0 + width]) })
                    })
                guard let result = results?.first else { throw CancellationError() }
                return InferOutcome(
                    result: result, labels: model.configuration.labels, latency: start.duration(to: clock.now),
                    hiddenStates: states)
            }
        }.get()
    }
}

extension InferInput {
    /// One input as the model reads it.
    func batch(_ index: Int, for model: Model) throws -> EncoderBatch {
        switch self {
        case .series(let x, let shape, _):
            let size = shape[1] * shape[2]
            return .series(
                SeriesBatch(
                    values: Array(x[index * size..<(index + 1) * size]), windows: 1, channels: shape[1],
                    length: shape[2]))
        case .lines(let lines) where model.tokenizer != nil: return try model.batch(texts: [lines[index]])
        case .lines(let lines): return .series(try SeriesBatch(json: lines[index], line: index + 1))
        }
    }
}

extension SeriesBatch {
    /// One window from a line of JSON, [channels][length].
    init(json: String, line: Int) throws {
        let rows = (try? JSON(parsing: json, limit: 64 << 20))?.arrayValue?.map { $0.arrayValue ?? [] } ?? []
        let values = rows.joined().compactMap(\.doubleValue)
        let length = rows.first?.count ?? 0
        guard length > 0, rows.allSatisfy({ $0.count == length }), values.count == rows.count * length else {
            throw CommandFailure("line \(line) is not a JSON array [channels][length] of numbers")
        }
        self.init(values: values.map { Float($0) }, windows: 1, channels: rows.count, length: length)
    }
}

/// By the workers of a fleet: a batch is a job.
struct FleetInferRunner: InferRunner {
    let client: FleetClient
    let model: String
    let strategy: InferenceStrategy
    let timeout: Duration

    func run(_ inputs: Range<Int>, of input: InferInput) async throws -> [InferOutcome] {
        let clock = ContinuousClock()
        let start = clock.now
        let job = JobID("infer-\(String(UInt64.random(in: 0 ... .max), radix: 36))")
        guard let job else { throw CommandFailure("no job ID") }
        let answer = try await client.run(
            try request(inputs, of: input), as: job, timeout: timeout, JobOptions(wantsUpdates: false))
        guard answer.status == .done, let (results, labels) = answer.inference, results.count == inputs.count else {
            throw CommandFailure(
                "the job failed: \(answer.errorCode ?? "unknown"): \(answer.errorMessage ?? "no reason was given")")
        }
        let latency = start.duration(to: clock.now)
        return results.map { InferOutcome(result: $0, labels: labels, latency: latency) }
    }

    private func request(_ inputs: Range<Int>, of input: InferInput) throws -> Safetensors {
        var metadata = ["op": "Infer", "model": model, "strategy": strategy.rawValue]
        var tensors: [TensorSource] = []
        switch input {
        case .series(let x, let shape, _):
            let size = shape[1] * shape[2]
            let values = Array(x[inputs.lowerBound * size..<inputs.upperBound * size])
            tensors = [TensorSource("x", .f32, shape: [inputs.count, shape[1], shape[2]], values)]
        case .lines(let lines):
            // A line that is a JSON array is readings; what is not is text.
            let elements = lines[inputs].map { line -> JSON in
                guard line.first == "[", let json = try? JSON(parsing: line, limit: 64 << 20),
                    json.arrayValue?.first?.arrayValue != nil
                else { return .string(line) }
                return json
            }
            metadata["inputs"] = JSON.array(elements).text()
        }
        return try Safetensors(parsing: Safetensors.encode(metadata: metadata, tensors: tensors))
    }
}
