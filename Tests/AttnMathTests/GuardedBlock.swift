import AttnMath

/// Room at guard pages for every operand and result of a small block.
struct GuardedBlock {
    private let q = GuardedMemory<UInt8>(capacity: 1 << 14)
    private let k = GuardedMemory<UInt8>(capacity: 1 << 14)
    private let v = GuardedMemory<UInt8>(capacity: 1 << 15)
    private let scoreWeights = GuardedMemory<Float>(capacity: 1 << 10)
    private let booleans = GuardedMemory<UInt8>(capacity: 1 << 13)
    private let biases = GuardedMemory<Float>(capacity: 1 << 13)
    private let output = GuardedMemory<Float>(capacity: 1 << 13)
    private let lse = GuardedMemory<Float>(capacity: 1 << 10)

    /// The sample's operands in its format, under another mask; valid until the next call.
    func operands(
        _ sample: BlockSample, mask: BlockMask? = nil, guarded side: GuardedSide
    ) throws -> BlockOperands {
        let format = sample.format
        return BlockOperands(
            q: UnsafeRawBufferPointer(q.holding(try format.encoded(sample.q), guarded: side)),
            k: UnsafeRawBufferPointer(k.holding(try format.encoded(sample.k), guarded: side)),
            v: UnsafeRawBufferPointer(v.holding(try format.encoded(sample.v), guarded: side)),
            format: format, mask: mask,
            scoreWeights: sample.scoreWeights.map { scoreWeights.holding($0, guarded: side) })
    }

    /// None, and one of each kind for every head and query; valid until the next call.
    func masksThatHideNothing(_ shape: BlockShape, guarded side: GuardedSide) -> [BlockMask?] {
        let count = shape.rowCount * shape.keys
        let kinds: [BlockMask.Elements] = [
            .boolean(booleans.holding([UInt8](repeating: 1, count: count), guarded: side)),
            .additive(biases.holding([Float](repeating: 0, count: count), guarded: side)),
        ]
        return [nil]
            + kinds.map { BlockMask($0, heads: shape.queryHeads, queries: shape.queries, keys: shape.keys) }
    }

    /// Unwritten.
    func result(_ shape: BlockShape, guarded side: GuardedSide) -> BlockResult {
        let result = BlockResult(
            output: output.room(for: shape.outputCount, guarded: side),
            lse: lse.room(for: shape.rowCount, guarded: side))
        result.output.update(repeating: .nan)
        result.lse.update(repeating: .nan)
        return result
    }
}
