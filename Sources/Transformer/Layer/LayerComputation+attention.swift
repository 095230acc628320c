import AttnMath

extension LayerComputation {
    /// Softmax attention of each row of `rows` to all rows of its sequence, before the output layer.
    ///
    /// - Parameter context: [rows.count][heads * headSize], heads beside each other.
    func attend(
        _ weights: LayerWeights, _ hidden: UnsafePointer<Float>, _ layout: SequenceLayout, _ attended: [Bool]?,
        rows: Range<Int>, into context: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace
    ) {
        let (width, inner) = (configuration.hiddenSize, weights.query.outputs)
        let sequences = layout.sequences(with: rows)
        let keys = layout.starts[sequences.lowerBound]..<layout.starts[sequences.upperBound]
        let query = workspace.floats(.query, rows.count * inner)
        let key = workspace.floats(.key, keys.count * inner)
        let value = workspace.floats(.value, keys.count * inner)
        linear(hidden + rows.lowerBound * width, rows.count, weights.query, query, workspace)
        linear(hidden + keys.lowerBound * width, keys.count, weights.key, key, workspace)
        linear(hidden + keys.lowerBound * width, keys.count, weights.value, value, workspace)
        for sequence in sequences {
            let all = layout.rows(of: sequence)
            let own = all.clamped(to: rows)
            attendSequence(
                query + (own.lowerBound - rows.lowerBound) * inner, own.count,
                key + (all.lowerBound - keys.lowerBound) * inner, value + (all.lowerBound - keys.lowerBound) * inner,
                all.count, heads: inner / configuration.headSize, attended.map { $0[all] },
                into: context + (own.lowerBound - rows.lowerBound) * inner, workspace)
        }
    }

    private func linear(
        _ x: UnsafePointer<Float>, _ rows: Int, _ weights: LinearWeights, _ y: UnsafeMutablePointer<Float>,
        _ workspace: EncoderWorkspace
    ) {
        layerKernel.linear(x, rows: rows, weights, .none, into: y, residual: nil, workspace: workspace.layers)
    }

    private func attendSequence(
        _ query: UnsafePointer<Float>, _ queries: Int, _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ keys: Int, heads: Int, _ attended: ArraySlice<Bool>?, into context: UnsafeMutablePointer<Float>,
        _ workspace: EncoderWorkspace
    ) {
        let heads = HeadAttention(kernel: attentionKernel, heads: heads, headSize: configuration.headSize)
        guard let attended, attended.contains(false) else {
            return heads.attend(query, queries, key, value, keys, mask: nil, into: context, workspace)
        }
        attended.map { UInt8($0 ? 1 : 0) }.withUnsafeBufferPointer {
            let mask = BlockMask(.boolean($0), heads: 1, queries: 1, keys: keys)
            heads.attend(query, queries, key, value, keys, mask: mask, into: context, workspace)
        }
    }
}
