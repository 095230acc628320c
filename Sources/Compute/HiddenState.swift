import Codecs
import Transformer

/// Rows on their way from layer to layer, as a task brings them, checked against the model.
struct HiddenState {
    let layout: SequenceLayout
    /// For each row whether others attend to it; nil: all.
    let attended: [Bool]?
    private let file: Safetensors
    private let rows: TensorInfo
    private let width: Int

    /// - Throws: `ModelError.invalidInput` unless the tensors are rows of the model's width, and the layer is one of its.
    init(_ file: Safetensors, _ configuration: EncoderConfiguration, layer: Int) throws(ModelError) {
        width = configuration.hiddenSize
        layout = try configuration.layout(lengths: file.lengths())
        guard let rows = file["hidden_state"], rows.type == .f32, rows.shape == [layout.rows, width] else {
            throw ModelError(
                .invalidInput,
                "hidden_state is \(file["hidden_state"]?.shape ?? []), not F32 [\(layout.rows), \(width)]")
        }
        guard (0..<configuration.layers).contains(layer) else {
            throw ModelError(.invalidInput, "layer \(layer) of \(configuration.layers)")
        }
        (self.file, self.rows) = (file, rows)
        attended = try file.attended(rows: layout.rows)
    }

    /// Rows that are computed from these.
    func result(
        _ name: String, rows count: Int, _ compute: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
    ) throws -> ModelResult {
        try file.withElements(of: rows, as: Float.self) { rows in
            let output = try filled(count * width) { output in
                guard let from = rows.baseAddress, let to = output.baseAddress else { return }
                compute(from, to)
            }
            return ModelResult(name: name, shape: [count, width], values: output)
        }
    }
}
