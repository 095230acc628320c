import AttnMath

/// The linear layers of one layer, in BERT's names.
///
/// Those of a slice have some of the heads and some of the columns between the two last linear layers; what
/// `attentionOutput` and `output` then give is a summand of the whole layer's, and their bias is not in it.
struct LayerWeights: Sendable {
    let query: LinearWeights
    let key: LinearWeights
    let value: LinearWeights
    let attentionOutput: LinearWeights
    let intermediate: LinearWeights
    let output: LinearWeights

    /// - Parameter slice: nil: the whole layer.
    init(
        _ reader: WeightReader, _ index: Int, _ configuration: EncoderConfiguration, _ slice: ModelSlice? = nil
    ) throws(ModelError) {
        let name = Self.name(index)
        let width = configuration.hiddenSize
        let inner = slice.map { $0.heads.count * configuration.headSize } ?? width
        let columns = slice?.columns.count ?? configuration.intermediateSize
        query = try reader.linear(name + "attention.self.query", inner, width)
        key = try reader.linear(name + "attention.self.key", inner, width)
        value = try reader.linear(name + "attention.self.value", inner, width)
        attentionOutput = try reader.linear(
            name + "attention.output.dense", width, inner, isBiased: slice == nil)
        intermediate = try reader.linear(name + "intermediate.dense", columns, width)
        output = try reader.linear(name + "output.dense", width, columns, isBiased: slice == nil)
    }

    static func name(_ index: Int) -> String { "encoder.layer.\(index)." }

    var byteCount: Int {
        [query, key, value, attentionOutput, intermediate, output].reduce(0) { $0 + $1.byteCount }
    }
}

/// What follows each of a layer's two steps: a bias and the residual are added, and the sum is normalised.
struct ResidualNorm: Sendable {
    let bias: [Float]
    let norm: NormWeights

    init(_ reader: WeightReader, _ name: String, _ width: Int) throws(ModelError) {
        bias = try reader.vector(name + ".dense.bias", width)
        norm = try NormWeights(reader, name + ".LayerNorm", width)
    }
}

/// One layer, arranged as BERT's: attention, residual, norm; two linear layers, residual, norm.
struct EncoderLayer: Sendable {
    /// Nil where layers are not computed.
    let weights: LayerWeights?
    let attentionEnd: ResidualNorm
    let feedForwardEnd: ResidualNorm

    init(
        _ reader: WeightReader, _ index: Int, _ configuration: EncoderConfiguration, hasWeights: Bool
    ) throws(ModelError) {
        let (name, width) = (LayerWeights.name(index), configuration.hiddenSize)
        weights = hasWeights ? try LayerWeights(reader, index, configuration) : nil
        attentionEnd = try ResidualNorm(reader, name + "attention.output", width)
        feedForwardEnd = try ResidualNorm(reader, name + "output", width)
    }
}
