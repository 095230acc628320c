import AttnMath

/// Softmax attention of rows in which the heads lie beside each other, as linear layers give and take them.
struct HeadAttention {
    let kernel: AttentionKernel
    let heads: Int
    let headSize: Int

    /// Scores are scaled by 1 / sqrt(headSize). A query that the mask leaves no key gives zeros.
    ///
    /// - Parameters:
    ///   - query: [queries][heads * headSize], as is `context`.
    ///   - key: [keys][heads * headSize], as is `value`.
    func attend(
        _ query: UnsafePointer<Float>, _ queries: Int, _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>,
        _ keys: Int, mask: BlockMask?, into context: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace
    ) {
        let size = headSize
        let q = workspace.floats(.queryHeads, heads * queries * size)
        let k = workspace.floats(.keyHeads, heads * keys * size)
        let v = workspace.floats(.valueHeads, heads * keys * size)
        let output = workspace.floats(.outputHeads, heads * queries * size)
        let lse = workspace.floats(.logSumExp, heads * queries)
        splitHeads(query, queries, heads, size, into: q)
        splitHeads(key, keys, heads, size, into: k)
        splitHeads(value, keys, heads, size, into: v)
        do throws(ShapeError) {
            let shape = try BlockShape(
                queryHeads: heads, kvHeads: heads, queries: queries, keys: keys, headSize: size, valueHeadSize: size)
            try kernel.attend(
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
            preconditionFailure("callers bound every size: \(error)")
        }
        joinHeads(output, queries, heads, size, into: context)
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
