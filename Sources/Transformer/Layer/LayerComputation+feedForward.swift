import AttnMath

extension LayerComputation {
    /// What follows attention: its output layer, residual and norm; then the two linear layers, residual and norm.
    ///
    /// - Parameters:
    ///   - context: [rows][hiddenSize], as are `residual`, what the layer was given, and `output`.
    func finish(
        _ layer: EncoderLayer, _ weights: LayerWeights, _ context: UnsafePointer<Float>, residual: UnsafePointer<Float>,
        rows: Int,
        into output: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace
    ) {
        let (width, inner) = (configuration.hiddenSize, weights.intermediate.outputs)
        // So few rows at a time that what lies between the linear layers stays in the cache.
        let chunk = min(rows, Self.rowsAtATime)
        let attended = workspace.floats(.attended, chunk * width)
        let intermediate = workspace.floats(.intermediate, chunk * inner)
        var row = 0
        while row < rows {
            let count = min(chunk, rows - row)
            let place = output + row * width
            layerKernel.linear(
                context + row * width, rows: count, weights.attentionOutput, .none, into: attended,
                residual: residual + row * width, workspace: workspace.layers)
            normalize(attended, count, layer.attentionEnd.norm)
            layerKernel.linear(
                attended, rows: count, weights.intermediate, configuration.activation, into: intermediate,
                residual: nil,
                workspace: workspace.layers)
            layerKernel.linear(
                intermediate, rows: count, weights.output, .none, into: place, residual: attended,
                workspace: workspace.layers)
            normalize(place, count, layer.feedForwardEnd.norm)
            row += count
        }
    }

    /// The two linear layers alone, with the activation between them.
    ///
    /// - Parameters:
    ///   - attended: [rows][hiddenSize], as is `output`.
    func feedForward(
        _ weights: LayerWeights, _ attended: UnsafePointer<Float>, rows: Int,
        into output: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace
    ) {
        let (width, inner) = (configuration.hiddenSize, weights.intermediate.outputs)
        let chunk = min(rows, Self.rowsAtATime)
        let intermediate = workspace.floats(.intermediate, chunk * inner)
        for row in stride(from: 0, to: rows, by: max(chunk, 1)) {
            let count = min(chunk, rows - row)
            layerKernel.linear(
                attended + row * width, rows: count, weights.intermediate, configuration.activation,
                into: intermediate, residual: nil, workspace: workspace.layers)
            layerKernel.linear(
                intermediate, rows: count, weights.output, .none, into: output + row * width, residual: nil,
                workspace: workspace.layers)
        }
    }

    private static var rowsAtATime: Int { 96 }
}
