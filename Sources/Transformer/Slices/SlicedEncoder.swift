public import AttnMath
public import Codecs

/// A slice of an encoder, ready to compute its summands of every layer's steps.
///
/// Accumulates as `Encoder` does. With int8 weights a slice has scales of its own, so that its numbers differ from the whole
/// model's by what the quantisation leaves open.
public final class SlicedEncoder: Sendable {
    public let configuration: EncoderConfiguration
    public let slice: ModelSlice
    private let layers: [LayerWeights]
    private let computation: LayerComputation

    /// - Parameter archive: as `ModelArchive.encode(_:of:)` makes it.
    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public init(_ archive: any TensorArchive, kernel: AttentionKernel = .best) throws(ModelError) {
        configuration = try ModelArchive.configuration(of: archive)
        guard let slice = try ModelArchive.slice(of: archive, configuration) else {
            throw ModelError(.malformed, "the archive is of a whole model, not of a slice")
        }
        self.slice = slice
        computation = LayerComputation(configuration, kernel)
        let reader = WeightReader(archive: archive, format: try ModelArchive.format(of: archive), prefix: "")
        var layers: [LayerWeights] = []
        for index in 0..<configuration.layers {
            layers.append(try LayerWeights(reader, index, configuration, slice))
        }
        self.layers = layers
    }

    /// Bytes of the packed weights.
    public var byteCount: Int { layers.reduce(0) { $0 + $1.byteCount } }

    /// Computes this slice's summand of a step, for all rows of a batch.
    ///
    /// - Parameters:
    ///   - hidden: [layout.rows][hiddenSize], what the step is given: the same as the other slices.
    ///   - attended: for each row whether others attend to it; nil: all.
    ///   - sum: [layout.rows][hiddenSize]; must not overlap `hidden`.
    public func compute(
        _ step: LayerStep, of index: Int, _ hidden: UnsafePointer<Float>, _ layout: SequenceLayout,
        attended: [Bool]? = nil, into sum: UnsafeMutablePointer<Float>, workspace: EncoderWorkspace
    ) {
        let weights = layers[index]
        switch step {
        case .attention:
            let context = workspace.floats(.context, layout.rows * weights.query.outputs)
            computation.attend(
                weights, hidden, layout, attended, rows: 0..<layout.rows, into: context, workspace)
            computation.layerKernel.linear(
                context, rows: layout.rows, weights.attentionOutput, .none, into: sum, residual: nil,
                workspace: workspace.layers)
        case .feedForward: computation.feedForward(weights, hidden, rows: layout.rows, into: sum, workspace)
        }
    }
}
