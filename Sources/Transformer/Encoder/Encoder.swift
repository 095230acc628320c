public import AttnMath
public import Codecs

/// A transformer encoder that can be computed whole or in steps: BERT, and this project's sensor transformer.
///
/// Rows are float32, [rows][hiddenSize], those of all sequences of a batch one after the other (`SequenceLayout`).
/// Weights are packed as it is made and never change: any number of threads may compute, each with a workspace of its own.
/// Residuals, norms and softmax are float32; linear layers accumulate as `LayerKernel` says for the weights' format.
///
/// Source: Devlin et al., "BERT", 2018; parity is kept with `BertModel` of Hugging Face's transformers.
public final class Encoder: Sendable {
    public let configuration: EncoderConfiguration
    let layers: [EncoderLayer]
    let embedding: InputEmbedding
    let classifier: Classifier?
    let computation: LayerComputation

    /// - Parameters:
    ///   - archive: the tensors, by Hugging Face's names, with or without `bert.` in front.
    ///   - hasLayers: false for one that is to embed, combine and pool only.
    ///   - format: what the linear layers' weights are kept in.
    /// - Throws: `ModelError.malformed` if a tensor is missing or not of the shape that the configuration calls for.
    public init(
        _ archive: any TensorArchive, _ configuration: EncoderConfiguration, format: WeightFormat = .float32,
        kernel: AttentionKernel = .best, hasLayers: Bool = true
    ) throws(ModelError) {
        let reader = WeightReader(archive: archive, format: format, prefix: WeightReader.prefix(of: archive))
        self.configuration = configuration
        computation = LayerComputation(configuration, kernel)
        embedding = try InputEmbedding(reader, configuration)
        var layers: [EncoderLayer] = []
        for index in 0..<configuration.layers {
            layers.append(try EncoderLayer(reader, index, configuration, hasWeights: hasLayers))
        }
        self.layers = layers
        classifier =
            configuration.labels.isEmpty
            ? nil : try Classifier(reader, WeightReader(archive: archive, format: .float32, prefix: ""), configuration)
    }

    /// Bytes of the packed weights, without what is used where the archive lies.
    public var byteCount: Int { layers.reduce(0) { $0 + ($1.weights?.byteCount ?? 0) } }

    /// Computes one layer for some rows of a batch, from the rows of all the sequences that they are part of.
    ///
    /// - Parameters:
    ///   - hidden: [layout.rows][hiddenSize]; only rows of sequences that `rows` touches are read.
    ///   - attended: for each row of the batch whether others attend to it; nil: all.
    ///   - output: [rows.count][hiddenSize]; must not overlap `hidden`.
    public func computeLayer(
        _ index: Int, of hidden: UnsafePointer<Float>, _ layout: SequenceLayout, attended: [Bool]? = nil,
        rows: Range<Int>, into output: UnsafeMutablePointer<Float>, workspace: EncoderWorkspace
    ) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= layout.rows, "rows \(rows) of \(layout.rows)")
        guard !rows.isEmpty else { return }
        let width = configuration.hiddenSize
        let layer = layers[index]
        guard let weights = layer.weights else { preconditionFailure("made without the weights of its layers") }
        let context = workspace.floats(.context, rows.count * width)
        computation.attend(weights, hidden, layout, attended, rows: rows, into: context, workspace)
        computation.finish(
            layer, weights, context, residual: hidden + rows.lowerBound * width, rows: rows.count, into: output,
            workspace)
    }

    /// All layers, for all rows, in place. Ends early, with any content, once `isCancelled` says so.
    func computeLayers(
        _ hidden: UnsafeMutablePointer<Float>, _ layout: SequenceLayout, attended: [Bool]?, workspace: EncoderWorkspace,
        isCancelled: () -> Bool, each: (Int, UnsafePointer<Float>) -> Void = { _, _ in }
    ) {
        let count = layout.rows * configuration.hiddenSize
        var (from, to) = (hidden, workspace.floats(.nextHidden, count))
        for index in layers.indices {
            if isCancelled() { return }
            computeLayer(
                index, of: from, layout, attended: attended, rows: 0..<layout.rows, into: to, workspace: workspace)
            swap(&from, &to)
            each(index, from)
        }
        if from != hidden { hidden.update(from: from, count: count) }
    }
}
