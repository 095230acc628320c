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

    /// - Parameters:
    ///   - query: [queries][heads * headSize], as is `context`.
    ///   - key: [keys][heads * headSize], as is `value`.
    private func attendSequence(
        _ query: UnsafePointer<Float>, _ queries: Int, _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ keys: Int, heads: Int, _ attended: ArraySlice<Bool>?, into context: UnsafeMutablePointer<Float>,
        _ workspace: EncoderWorkspace
    ) {
        let size = configuration.headSize
        let q = workspace.floats(.queryHeads, heads * queries * size)
        let k = workspace.floats(.keyHeads, heads * keys * size)
        let v = workspace.floats(.valueHeads, heads * keys * size)
        let output = workspace.floats(.outputHeads, heads * queries * size)
        let lse = workspace.floats(.logSumExp, heads * queries)
        splitHeads(query, queries, heads, size, into: q)
        splitHeads(key, keys, heads, size, into: k)
        splitHeads(value, keys, heads, size, into: v)
        withMask(attended) { mask in
            do throws(ShapeError) {
                let shape = try BlockShape(
                    queryHeads: heads, kvHeads: heads, queries: queries, keys: keys, headSize: size,
                    valueHeadSize: size)
                try attentionKernel.attend(
                    shape, BlockAttributes(scale: 1 / Float(size).squareRoot()),
                    BlockOperands(
                        q: UnsafeBufferPointer(start: q, count: shape.queryCount),
                        k: UnsafeBufferPointer(start: k, count: shape.keyCount),
                        v: UnsafeBufferPointer(start: v, count: shape.valueCount), mask: mask),
                    into: BlockResult(
                        output: UnsafeMutableBufferPointer(start: output, count: shape.outputCount),
                        lse: UnsafeMutableBufferPointer(start: lse, count: shape.rowCount)),
                    workspace: &workspace.attention)
            } catch {
                preconditionFailure("the layout bounds every size: \(error)")
            }
        }
        joinHeads(output, queries, heads, size, into: context)
    }

    private func withMask(_ attended: ArraySlice<Bool>?, _ body: (BlockMask?) -> Void) {
        guard let attended, attended.contains(false) else { return body(nil) }
        let bytes = attended.map { UInt8($0 ? 1 : 0) }
        bytes.withUnsafeBufferPointer { body(BlockMask(.boolean($0), heads: 1, queries: 1, keys: bytes.count)) }
    }
}

/// [rows][heads][size] to [heads][rows][size].
func splitHeads(
    _ source: UnsafePointer<Float>, _ rows: Int, _ heads: Int, _ size: Int,
    into destination: UnsafeMutablePointer<Float>
) {
    for head in 0..<heads {
        for row in 0..<rows {
            (destination + (head * rows + row) * size).update(from: source + (row * heads + head) * size, count: size)
        }
    }
}

/// [heads][rows][size] to [rows][heads][size].
func joinHeads(
    _ source: UnsafePointer<Float>, _ rows: Int, _ heads: Int, _ size: Int,
    into destination: UnsafeMutablePointer<Float>
) {
    for head in 0..<heads {
        for row in 0..<rows {
            (destination + (row * heads + head) * size).update(from: source + (head * rows + row) * size, count: size)
        }
    }
}
