import Codecs
import Compute
import Models
import Transformer

/// The rows of a batch as they go from layer to layer through the dispatcher.
struct HiddenRows {
    let request: InferenceRequest
    /// [layout.rows][hiddenSize].
    var values: [Float]

    /// The rows that the first layer is given.
    init(_ request: InferenceRequest) {
        self.request = request
        values = [Float](repeating: 0, count: request.layout.rows * request.configuration.hiddenSize)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            request.model.encoder.embed(request.batch, request.layout, into: base, workspace: EncoderWorkspace())
        }
    }

    var width: Int { request.configuration.hiddenSize }

    /// The rows of whole sequences, as a task's tensors.
    func tensors(of sequences: Range<Int>) -> [TensorSource] {
        let layout = request.layout
        let rows = layout.rows(ofSequences: sequences)
        var tensors = [
            TensorSource("hidden_state", .f32, shape: [rows.count, width]) { [values, width] destination in
                values.withUnsafeBytes { source in
                    destination.copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: source[rows.lowerBound * width * 4..<rows.upperBound * width * 4]))
                }
            },
            TensorSource(lengths: Array(layout.lengths[sequences])),
        ]
        if let attended = request.batch.attended, let mask = TensorSource(attended: Array(attended[rows])) {
            tensors.append(mask)
        }
        return tensors
    }

    /// What the model makes of them, if they are those of the last layer.
    var outputs: [TensorSource] {
        values.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return [] }
            return request.outputs(
                request.model.encoder.pool(
                    base, request.layout, attended: request.batch.attended, workspace: EncoderWorkspace()))
        }
    }
}

extension Array<Float> {
    /// Puts rows where they belong.
    mutating func replace(rows: Range<Int>, width: Int, with values: [Float]) {
        replaceSubrange(rows.lowerBound * width..<rows.upperBound * width, with: values)
    }
}
