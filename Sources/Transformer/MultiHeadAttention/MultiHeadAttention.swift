public import AttnMath
public import Codecs

/// `torch.nn.MultiheadAttention`, batch first, without dropout: projections of queries, keys and values, softmax attention of each
/// head, a projection of what they give. Self-attention where keys and values are the queries' rows.
///
/// Accumulates as `Encoder` does. A query that the masks leave no key gets `out_proj.bias` alone, where PyTorch gives NaN.
///
/// Source: Vaswani et al., "Attention Is All You Need", 2017; parity is kept with PyTorch's layer.
public final class MultiHeadAttention: Sendable {
    public let configuration: MultiHeadAttentionConfiguration
    private let query: LinearWeights
    private let key: LinearWeights
    private let value: LinearWeights
    private let output: LinearWeights
    private let attentionKernel: AttentionKernel
    private let layerKernel: LayerKernel

    /// - Parameter archive: with `config` in its metadata, and PyTorch's tensors: `in_proj_weight` [3E, E], or where keys or
    ///   values are of another width `q_proj_weight` [E, E], `k_proj_weight` [E, kdim] and `v_proj_weight` [E, vdim];
    ///   `in_proj_bias` [3E]; `out_proj.weight` [E, E] and `out_proj.bias` [E].
    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public init(_ archive: any TensorArchive, kernel: AttentionKernel = .best) throws(ModelError) {
        configuration = try MultiHeadAttentionConfiguration(ModelArchive.json(of: archive))
        let reader = WeightReader(archive: archive, format: try ModelArchive.format(of: archive), prefix: "")
        for name in ["bias_k", "bias_v"] where archive[name] != nil {
            throw ModelError(.unsupported, "tensor '\(name)' is not computed here")
        }
        let (size, isBiased) = (configuration.embeddingSize, configuration.isBiased)
        let biases = isBiased ? try reader.vector("in_proj_bias", 3 * size) : nil
        func bias(_ place: Int) -> ArraySlice<Float>? { biases?[place * size..<(place + 1) * size] }
        if configuration.isPacked {
            let weights = try reader.floats("in_proj_weight", [3 * size, size])
            func projection(_ place: Int) -> LinearWeights {
                reader.linear(weights[place * size * size..<(place + 1) * size * size], size, size, bias(place))
            }
            (query, key, value) = (projection(0), projection(1), projection(2))
        } else {
            func projection(_ name: String, _ place: Int, _ inputs: Int) throws(ModelError) -> LinearWeights {
                reader.linear(try reader.floats(name, [size, inputs])[...], size, inputs, bias(place))
            }
            query = try projection("q_proj_weight", 0, size)
            key = try projection("k_proj_weight", 1, configuration.keySize)
            value = try projection("v_proj_weight", 2, configuration.valueSize)
        }
        output = try reader.linear("out_proj", size, size, isBiased: isBiased)
        attentionKernel = kernel
        layerKernel = LayerKernel(kernel.variant)
    }

    /// Bytes of the packed weights.
    public var byteCount: Int { [query, key, value, output].reduce(0) { $0 + $1.byteCount } }

    /// Computes all of a batch.
    ///
    /// - Parameter result: [batch][queries][embeddingSize].
    public func compute(
        _ input: MultiHeadAttentionInput, into result: UnsafeMutableBufferPointer<Float>, workspace: EncoderWorkspace
    ) {
        let size = configuration.embeddingSize
        precondition(result.count == input.batch * input.queries * size, "a result of the batch's shape")
        guard let result = result.baseAddress else { return }
        for row in 0..<input.batch { compute(row, of: input, into: result + row * input.queries * size, workspace) }
    }

    private func compute(
        _ row: Int, of input: MultiHeadAttentionInput, into result: UnsafeMutablePointer<Float>,
        _ workspace: EncoderWorkspace
    ) {
        let (size, queries, keys) = (configuration.embeddingSize, input.queries, input.keys)
        let q = workspace.floats(.query, queries * size)
        let k = workspace.floats(.key, keys * size)
        let v = workspace.floats(.value, keys * size)
        let context = workspace.floats(.context, queries * size)
        linear(input.query[row * queries * size..<(row + 1) * queries * size], queries, query, q, workspace)
        linear(input.keyRows(row), keys, key, k, workspace)
        linear(input.valueRows(row), keys, value, v, workspace)
        let heads = HeadAttention(kernel: attentionKernel, heads: configuration.heads, headSize: configuration.headSize)
        input.withMask(of: row) { heads.attend(q, queries, k, v, keys, mask: $0, into: context, workspace) }
        layerKernel.linear(
            context, rows: queries, output, .none, into: result, residual: nil, workspace: workspace.layers)
    }

    private func linear(
        _ x: ArraySlice<Float>, _ rows: Int, _ weights: LinearWeights, _ y: UnsafeMutablePointer<Float>,
        _ workspace: EncoderWorkspace
    ) {
        x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return }
            layerKernel.linear(x, rows: rows, weights, .none, into: y, residual: nil, workspace: workspace.layers)
        }
    }
}

extension WeightReader {
    /// A linear layer of numbers that were read.
    fileprivate func linear(
        _ weight: ArraySlice<Float>, _ outputs: Int, _ inputs: Int, _ bias: ArraySlice<Float>?
    ) -> LinearWeights {
        weight.withUnsafeBufferPointer { weight in
            guard let weight = weight.baseAddress else { preconditionFailure("no dimension of a weight is 0") }
            guard let bias else {
                return LinearWeights(outputs: outputs, inputs: inputs, format: format, bias: nil, weight: weight)
            }
            return bias.withUnsafeBufferPointer {
                LinearWeights(outputs: outputs, inputs: inputs, format: format, bias: $0.baseAddress, weight: weight)
            }
        }
    }
}
