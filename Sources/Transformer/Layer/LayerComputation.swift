import AttnMath

/// The arithmetic of one layer, for whole models and for slices of them: rows in, rows out, no weights of its own.
struct LayerComputation: Sendable {
    let configuration: EncoderConfiguration
    let attentionKernel: AttentionKernel
    let layerKernel: LayerKernel

    init(_ configuration: EncoderConfiguration, _ kernel: AttentionKernel) {
        self.configuration = configuration
        attentionKernel = kernel
        layerKernel = LayerKernel(kernel.variant)
    }

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
