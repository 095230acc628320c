import AttnMath
import Codecs

/// From a pooled row to a score for each class.
struct Classifier: Sendable {
    /// BERT's: a linear layer and tanh before the last one.
    let pooler: LinearWeights?
    let output: LinearWeights

    /// - Parameters:
    ///   - encoder: of the encoder's tensors, where the pooler lies.
    ///   - head: of the tensors beside it.
    init(
        _ encoder: WeightReader, _ head: WeightReader, _ configuration: EncoderConfiguration
    ) throws(ModelError) {
        let width = configuration.hiddenSize
        pooler =
            configuration.pooling == .first && encoder.archive[encoder.prefix + "pooler.dense.weight"] != nil
            ? try encoder.linear("pooler.dense", width, width) : nil
        output = try head.linear("classifier", configuration.labels.count, width)
    }
}
