import AttnMath

/// One layer's weights, in BERT's names and arrangement: attention, residual, norm; two linear layers, residual, norm.
///
/// A part of a layer (of a model cut by heads) has fewer heads and fewer columns between the two linear layers; what it
/// computes is then a summand of the whole layer's.
struct EncoderLayer: Sendable {
    let query: LinearWeights
    let key: LinearWeights
    let value: LinearWeights
    let attentionOutput: LinearWeights
    let attentionNorm: NormWeights
    let intermediate: LinearWeights
    let output: LinearWeights
    let outputNorm: NormWeights

    init(_ reader: WeightReader, _ index: Int, _ configuration: EncoderConfiguration) throws(ModelError) {
        let name = "encoder.layer.\(index)."
        let (width, inner) = (configuration.hiddenSize, configuration.intermediateSize)
        query = try reader.linear(name + "attention.self.query", width, width)
        key = try reader.linear(name + "attention.self.key", width, width)
        value = try reader.linear(name + "attention.self.value", width, width)
        attentionOutput = try reader.linear(name + "attention.output.dense", width, width)
        attentionNorm = try NormWeights(reader, name + "attention.output.LayerNorm", width)
        intermediate = try reader.linear(name + "intermediate.dense", inner, width)
        output = try reader.linear(name + "output.dense", width, inner)
        outputNorm = try NormWeights(reader, name + "output.LayerNorm", width)
    }

    var byteCount: Int {
        [query, key, value, attentionOutput, intermediate, output].reduce(0) { $0 + $1.byteCount }
    }
}
