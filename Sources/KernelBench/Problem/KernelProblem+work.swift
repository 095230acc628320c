// What a problem asks for, whatever a kernel does to answer it.

import AttnMath

extension KernelProblem {
    /// Pairs of a query and a key that it sees, in one head.
    public var visiblePairs: Int {
        let (queries, keys) = (shape.queries, shape.keys)
        guard isCausal || window != nil else { return queries * keys }
        return (0..<queries).reduce(0) { pairs, query in
            let position = query + keys - queries
            return pairs + max(0, min(position + 1, window ?? keys))
        }
    }

    /// Floating-point operations of the two matrix products: a multiplication and an addition for each visible pair and
    /// each element of a key and of a value. The softmax between them is not counted.
    public var operationCount: Double {
        2 * Double(shape.headSize + shape.valueHeadSize) * Double(visiblePairs) * Double(shape.queryHeads)
    }

    /// Bytes of Q, K, V, the output and its log-sum-exp, each once; the last two are float32.
    public var byteCount: Int {
        (shape.queryCount + shape.keyCount + shape.valueCount) * dtype.format.byteCount
            + (shape.outputCount + shape.rowCount) * DType.f32.format.byteCount
    }
}
