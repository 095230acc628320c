public import Fleet
public import Transformer

/// Computes one task of a model that is resident.
public struct ModelComputation: Sendable {
    private let task: ModelTask
    private let model: LoadedModel
    private let cancel: CancelFlag

    public init(_ task: ModelTask, _ model: LoadedModel, cancel: CancelFlag) {
        self.task = task
        self.model = model
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
            if cancel.isSet { return .cancelled }
            switch (task.piece, model) {
            case (.whole, .encoder(let encoder)):
                guard let results = try infer(encoder, workspace) else { return .cancelled }
                return .done(ModelResult(results))
            case (.layer(let layer, let rows), .encoder(let encoder)):
                return .done(try compute(layer, rows, encoder, workspace))
            case (.attention(let layer), .slice(let slice)):
                return .done(try summand(.attention, layer, slice, workspace))
            case (.feedForward(let layer), .slice(let slice)):
                return .done(try summand(.feedForward, layer, slice, workspace))
            case (.multiHeadAttention, .multiHeadAttention(let layer)):
                return .done(try attend(layer, workspace))
            case (_, .multiHeadAttention):
                throw ModelError(.invalidInput, "the model is a layer of attention, and '\(task.header.op)' is not")
            case (_, .slice): throw ModelError(.invalidInput, "the model is a slice, and '\(task.header.op)' is not")
            case (_, .encoder): throw ModelError(.invalidInput, "'\(task.header.op)' is not for a whole encoder")
            }
        } catch let error as ModelError {
            return .failed(code: error.code.rawValue, reason: error.message)
        } catch {
            return .failed(code: "compute", reason: "\(error)")
        }
    }

    private func infer(_ encoder: Encoder, _ workspace: EncoderWorkspace) throws -> [EncoderResult]? {
        try encoder.infer(task.tensors.encoderBatch(), workspace: workspace, isCancelled: { cancel.isSet })
    }

    private func compute(
        _ layer: Int, _ rows: Range<Int>, _ encoder: Encoder, _ workspace: EncoderWorkspace
    ) throws -> ModelResult {
        let state = try HiddenState(task.tensors, encoder.configuration, layer: layer)
        guard rows.upperBound <= state.layout.rows else {
            throw ModelError(.invalidInput, "rows \(rows) of \(state.layout.rows)")
        }
        return try state.result("hidden_state", rows: rows.count) { from, to in
            encoder.computeLayer(
                layer, of: from, state.layout, attended: state.attended, rows: rows, into: to, workspace: workspace)
        }
    }

    private func summand(
        _ step: LayerStep, _ layer: Int, _ slice: SlicedEncoder, _ workspace: EncoderWorkspace
    ) throws -> ModelResult {
        let state = try HiddenState(task.tensors, slice.configuration, layer: layer)
        return try state.result("summand", rows: state.layout.rows) { from, to in
            slice.compute(step, of: layer, from, state.layout, attended: state.attended, into: to, workspace: workspace)
        }
    }

    private func attend(_ layer: MultiHeadAttention, _ workspace: EncoderWorkspace) throws -> ModelResult {
        let input = try task.tensors.multiHeadAttentionInput(layer.configuration)
        let shape = [input.batch, input.queries, layer.configuration.embeddingSize]
        let values = try filled(shape.reduce(1, *)) { layer.compute(input, into: $0, workspace: workspace) }
        return ModelResult(name: "output", shape: shape, values: values)
    }
}
