import AttnMath

/// A block with its operands in arrays, to be computed in several ways.
struct BlockSample {
    enum Mask {
        case boolean([UInt8], heads: Int, queries: Int, keys: Int)
        case additive([Float], heads: Int, queries: Int, keys: Int)
    }

    var shape: BlockShape
    var attributes: BlockAttributes
    var q: [Float]
    var k: [Float]
    var v: [Float]
    var mask: Mask?
    /// Non-nil: additive scoring, [queryHeads, headSize].
    var scoreWeights: [Float]?
    /// How Q, K and V are handed over; the arrays hold numbers of this format.
    private(set) var format = FloatFormat.float32

    /// Random operands in -1 ..< 1 with the usual scale.
    init(_ shape: BlockShape, causalOffset: Int? = nil, mask: Mask? = nil, seed: UInt64 = 1) {
        var generator = SeededGenerator(seed: seed)
        self.shape = shape
        self.attributes = BlockAttributes(
            scale: 1 / Float(shape.headSize).squareRoot(), window: KeyWindow(last: causalOffset))
        self.q = generator.floats(shape.queryCount)
        self.k = generator.floats(shape.keyCount)
        self.v = generator.floats(shape.valueCount)
        self.mask = mask
    }

    /// The sample with additive scoring by random weights.
    func scoredAdditively() -> BlockSample {
        var sample = self
        var generator = SeededGenerator(seed: 7)
        sample.scoreWeights = generator.floats(shape.queryHeads * shape.headSize)
        return sample
    }

    /// The sample with its operands rounded to a format and handed over in it.
    func rounded(to format: FloatFormat) throws -> BlockSample {
        var sample = self
        sample.format = format
        sample.q = try format.rounded(q)
        sample.k = try format.rounded(k)
        sample.v = try format.rounded(v)
        return sample
    }

    /// Lends the operands, at odd addresses unless they are float32.
    func withOperands<Result>(_ body: (BlockOperands) throws -> Result) throws -> Result {
        try lend(q) { q in
            try lend(k) { k in
                try lend(v) { v in
                    try withMask { mask in
                        let operands = BlockOperands(q: q, k: k, v: v, format: format, mask: mask)
                        guard let scoreWeights else { return try body(operands) }
                        return try scoreWeights.withUnsafeBufferPointer {
                            var operands = operands
                            operands.scoreWeights = $0
                            return try body(operands)
                        }
                    }
                }
            }
        }
    }

    private func lend<Result>(
        _ numbers: [Float], _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        if format == .float32 { return try numbers.withUnsafeBytes(body) }
        return try ([0] + format.encoded(numbers)).withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0.dropFirst()))
        }
    }

    private func withMask<Result>(_ body: (BlockMask?) throws -> Result) rethrows -> Result {
        switch mask {
        case nil:
            try body(nil)
        case .boolean(let elements, let heads, let queries, let keys):
            try elements.withUnsafeBufferPointer {
                try body(BlockMask(.boolean($0), heads: heads, queries: queries, keys: keys))
            }
        case .additive(let elements, let heads, let queries, let keys):
            try elements.withUnsafeBufferPointer {
                try body(BlockMask(.additive($0), heads: heads, queries: queries, keys: keys))
            }
        }
    }

    /// The block by the oracle.
    func reference() throws -> AttentionOracle.Partial {
        try withOperands { try AttentionOracle.attend(shape, attributes, $0) }
    }

    /// The block by a fast kernel. What the kernel does not write stays NaN.
    func attended(by kernel: AttentionKernel, heads: Range<Int>? = nil) throws -> FloatPartial {
        var partial = FloatPartial(unwritten: shape)
        var workspace = Workspace()
        try withOperands { operands in
            try partial.withResult {
                try kernel.attend(shape, attributes, operands, heads: heads, into: $0, workspace: &workspace)
            }
        }
        return partial
    }

    /// The block's scores by a fast kernel. What it does not write stays NaN.
    func scores(_ stage: ScoreStage, by kernel: AttentionKernel, heads: Range<Int>? = nil) throws -> [Float] {
        var scores = [Float](repeating: .nan, count: shape.rowCount * shape.keys)
        var workspace = Workspace()
        try withOperands { operands in
            try scores.withUnsafeMutableBufferPointer {
                try kernel.scores(
                    shape, attributes, operands, stage: stage, heads: heads, into: $0, workspace: &workspace)
            }
        }
        return scores
    }

    /// Q of the only head projected by K: [queries, keys]. The room for it is NaN before.
    func projected(by kernel: AttentionKernel) throws -> [Float] {
        var projection = [Float](repeating: .nan, count: shape.queries * shape.keys)
        var workspace = Workspace()
        try withOperands { operands in
            try k.withUnsafeBufferPointer { weights in
                try projection.withUnsafeMutableBufferPointer {
                    try kernel.project(
                        operands.q, format: format, rowCount: shape.queries, inputSize: shape.headSize,
                        weights: weights, outputSize: shape.keys, into: $0, workspace: &workspace)
                }
            }
        }
        return projection
    }

    /// The same queries against keys `range` only; causality and mask are shifted and cut with them.
    func keys(_ range: Range<Int>) throws -> BlockSample {
        var part = self
        part.shape = try BlockShape(
            queryHeads: shape.queryHeads, kvHeads: shape.kvHeads, queries: shape.queries, keys: range.count,
            headSize: shape.headSize, valueHeadSize: shape.valueHeadSize)
        part.attributes.window.first = attributes.window.first.map { $0 - range.lowerBound }
        part.attributes.window.last = attributes.window.last.map { $0 - range.lowerBound }
        part.k = cut(k, rows: shape.keys, columns: shape.headSize, to: range)
        part.v = cut(v, rows: shape.keys, columns: shape.valueHeadSize, to: range)
        part.mask =
            switch mask {
            case nil: nil
            case .boolean(let elements, let heads, let queries, let keys):
                .boolean(
                    cut(elements, rows: keys, columns: 1, to: range), heads: heads, queries: queries, keys: range.count)
            case .additive(let elements, let heads, let queries, let keys):
                .additive(
                    cut(elements, rows: keys, columns: 1, to: range), heads: heads, queries: queries, keys: range.count)
            }
        return part
    }

    /// Of [planes, rows, columns], the rows in `range` of every plane.
    private func cut<T>(_ elements: [T], rows: Int, columns: Int, to range: Range<Int>) -> [T] {
        stride(from: 0, to: elements.count, by: max(1, rows * columns)).flatMap {
            elements[$0 + range.lowerBound * columns..<$0 + range.upperBound * columns]
        }
    }
}

/// A partial in float32, as kernels and merges leave it.
struct FloatPartial: Equatable {
    var output: [Float]
    var lse: [Float]

    init(unwritten shape: BlockShape) {
        output = [Float](repeating: .nan, count: shape.outputCount)
        lse = [Float](repeating: .nan, count: shape.rowCount)
    }

    mutating func withResult<Result>(_ body: (BlockResult) throws -> Result) rethrows -> Result {
        try output.withUnsafeMutableBufferPointer { output in
            try lse.withUnsafeMutableBufferPointer { lse in
                try body(BlockResult(output: output, lse: lse))
            }
        }
    }

    mutating func merge(_ other: FloatPartial, valueHeadSize: Int) throws {
        try other.output.withUnsafeBufferPointer { output in
            try other.lse.withUnsafeBufferPointer { lse in
                try withResult {
                    try PartialMerge.merge(
                        output, lse: lse, into: $0.output, lse: $0.lse, valueHeadSize: valueHeadSize)
                }
            }
        }
    }
}

/// Every variant that this machine can run.
let kernels = KernelVariant.available.compactMap { try? AttentionKernel($0) }
