import AttnMath

extension Encoder {
    /// What follows attention: its output layer, residual and norm; then the two linear layers, residual and norm.
    ///
    /// - Parameters:
    ///   - context: [rows][hiddenSize], as are `residual`, what the layer was given, and `output`.
    func finish(
        _ layer: EncoderLayer, _ context: UnsafePointer<Float>, residual: UnsafePointer<Float>, rows: Int,
        into output: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace
    ) {
        let (width, inner) = (configuration.hiddenSize, layer.intermediate.outputs)
        // So few rows at a time that what lies between the linear layers stays in the cache.
        let chunk = min(rows, Self.rowsAtATime)
        let attended = workspace.floats(.attended, chunk * width)
        let intermediate = workspace.floats(.intermediate, chunk * inner)
        var row = 0
        while row < rows {
            let count = min(chunk, rows - row)
            let place = output + row * width
            layerKernel.linear(
                context + row * width, rows: count, layer.attentionOutput, .none, into: attended,
                residual: residual + row * width, workspace: workspace.layers)
            normalize(attended, count, layer.attentionNorm)
            layerKernel.linear(
                attended, rows: count, layer.intermediate, configuration.activation, into: intermediate, residual: nil,
                workspace: workspace.layers)
            layerKernel.linear(
                intermediate, rows: count, layer.output, .none, into: place, residual: attended,
                workspace: workspace.layers)
            normalize(place, count, layer.outputNorm)
            row += count
        }
    }

    private static var rowsAtATime: Int { 96 }

    func normalize(_ rows: UnsafeMutablePointer<Float>, _ count: Int, _ norm: NormWeights) {
        norm.gain.withUnsafeBufferPointer { gain in
            norm.bias.withUnsafeBufferPointer { bias in
                guard let gain = gain.baseAddress, let bias = bias.baseAddress else { return }
                layerKernel.layerNorm(
                    rows, rows: count, width: configuration.hiddenSize, gain: gain, bias: bias,
                    epsilon: configuration.layerNormEpsilon)
            }
        }
    }
}
