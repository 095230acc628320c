public import Codecs
public import Fleet
public import Transformer

/// Computes one task of a model that is resident.
public struct ModelComputation: Sendable {
    private let task: ModelTask
    private let encoder: Encoder
    private let cancel: CancelFlag

    public init(_ task: ModelTask, _ encoder: Encoder, cancel: CancelFlag) {
        self.task = task
        self.encoder = encoder
        self.cancel = cancel
    }

    public enum Outcome: Sendable {
        case done(ModelResult)
        case cancelled
        case failed(code: String, reason: String)
    }

    /// Runs on a compute thread; looks for cancellation between layers.
    public func run(_ workspace: EncoderWorkspace) -> Outcome {
        do {
            switch task.op {
            case .infer:
                guard let results = try infer(workspace) else { return .cancelled }
                return .done(ModelResult(results))
            case .encoderLayer: return cancel.isSet ? .cancelled : .done(try layer(workspace))
            }
        } catch let error as ModelError {
            return .failed(code: error.code.rawValue, reason: error.message)
        } catch {
            return .failed(code: "compute", reason: "\(error)")
        }
    }

    private func infer(_ workspace: EncoderWorkspace) throws -> [EncoderResult]? {
        try encoder.infer(task.tensors.encoderBatch(), workspace: workspace, isCancelled: { cancel.isSet })
    }

    private func layer(_ workspace: EncoderWorkspace) throws -> ModelResult {
        let width = encoder.configuration.hiddenSize
        let layout = try encoder.layout(lengths: task.tensors.lengths())
        guard let hidden = task.tensors["hidden_state"], hidden.shape == [layout.rows, width] else {
            throw ModelError(
                .invalidInput,
                "hidden_state is \(task.tensors["hidden_state"]?.shape ?? []), not [\(layout.rows), \(width)]")
        }
        guard encoder.configuration.layers > task.layer, task.layer >= 0, task.rows.upperBound <= layout.rows else {
            throw ModelError(
                .invalidInput,
                "layer \(task.layer), rows \(task.rows) of \(encoder.configuration.layers) layers and \(layout.rows) rows"
            )
        }
        let attended = try task.tensors.attended(rows: layout.rows)
        return try task.tensors.withElements(of: hidden, as: Float.self) { rows in
            let output = try filled(task.rows.count * width) { output in
                guard let from = rows.baseAddress, let to = output.baseAddress else { return }
                encoder.computeLayer(
                    task.layer, of: from, layout, attended: attended, rows: task.rows, into: to, workspace: workspace)
            }
            return ModelResult(name: "hidden_state", shape: [task.rows.count, width], values: output)
        }
    }
}

/// What a model's task gives: one tensor.
public struct ModelResult: Sendable {
    public let name: String
    public let shape: [Int]
    public let values: [Float]

    public init(name: String, shape: [Int], values: [Float]) {
        self.name = name
        self.shape = shape
        self.values = values
    }

    /// `embedding` [sequences, hidden size], or `logits` [sequences, classes].
    public init(_ results: [EncoderResult]) {
        var values: [Float] = []
        var name = "embedding"
        for result in results {
            switch result {
            case .embedding(let row): values += row
            case .logits(let row):
                name = "logits"
                values += row
            }
        }
        self.init(name: name, shape: [results.count, values.count / max(results.count, 1)], values: values)
    }

    public var source: TensorSource { TensorSource(name, .f32, shape: shape, values) }
}
