import AttnMath
import Fleet

/// What a shard costs: arithmetic, and bytes either way.
extension AttentionProblem {
    /// Pairs of a query and a key it sees that one head of the shard has. In closed form: a plan asks often.
    func visiblePairs(batch: Int, queries: Range<Int>, keys: Range<Int>) -> Double {
        let keys = keys.clamped(to: 0..<max(reach(batch: batch), keys.lowerBound))
        guard !keys.isEmpty, !queries.isEmpty else { return 0 }
        let window = window(batch: batch)
        let everything = Double(queries.count)
        let upper = window.last.map { sumOfClamped(queries, plus: $0 + 1, to: keys) }
        let lower = window.first.map { sumOfClamped(queries, plus: $0, to: keys) }
        return (upper ?? everything * Double(keys.upperBound)) - (lower ?? everything * Double(keys.lowerBound))
    }

    /// Floating-point operations of a shard, counted as `flops` counts those of the whole.
    func flops(batch: Int, heads: Int, queries: Range<Int>, keys: Range<Int>) -> Double {
        let rows = Double(heads) * Double(queries.count)
        var flops = 0.0
        let perScore: Double
        switch scoring {
        case .dotProduct: perScore = 2 * Double(headSize)
        case .additive(let additive):
            perScore = 20 * Double(additive.hiddenSize)
            let kvHeads = Double(max(heads / group, 1))
            let projected = rows * Double(headSize) + kvHeads * Double(keys.count) * Double(keySize)
            flops = 2 * Double(additive.hiddenSize) * projected
        }
        let pairs = visiblePairs(batch: batch, queries: queries, keys: keys)
        flops += Double(heads) * pairs * (perScore + 2 * Double(valueHeadSize))
        guard let scoreOutput else { return flops }
        let wanted = scoreOutput.includesHiddenKeys ? Double(queries.count) * Double(keys.count) : pairs
        return flops + Double(heads) * wanted * perScore
    }

    package func flops(of shard: Shard) -> Double {
        flops(batch: shard.batch, heads: shard.heads.count, queries: shard.queries, keys: shard.keys)
    }

    /// Bytes of Q of these rows.
    func queryBytes(heads: Int, queries: Int, wire: WireFormat) -> Int { heads * queries * wire.bytes(row: headSize) }

    /// Bytes of K and V of these key/value heads.
    package func keyValueBytes(kvHeads: Int, keys: Int, wire: WireFormat) -> Int {
        kvHeads * keys * (wire.bytes(row: keySize) + wire.bytes(row: valueHeadSize))
    }

    /// Bytes of a task's tensors, but for the weights of additive scoring, which cutting does not make smaller.
    func taskBytes(heads: Int, kvHeads: Int, queries: Int, keys: Int, wire: WireFormat) -> Int {
        var bytes = queryBytes(heads: heads, queries: queries, wire: wire)
        bytes += keyValueBytes(kvHeads: kvHeads, keys: keys, wire: wire)
        guard let mask else { return bytes }
        let rows = (mask.sizes[1] == 1 ? 1 : heads) * (mask.sizes[2] == 1 ? 1 : queries)
        return bytes + rows * keys * (mask.kind == .boolean ? 1 : 4)
    }

    package func taskBytes(of shard: Shard, wire: WireFormat) -> Int {
        taskBytes(
            heads: shard.heads.count, kvHeads: shard.kvHeads(of: self).count, queries: shard.queries.count,
            keys: shard.keys.count, wire: wire)
    }

    /// Bytes of a partial's tensors: O, the log-sum-exp, and scores if they are wanted.
    func resultBytes(rows: Int, keys: Int) -> Int { 4 * rows * (valueHeadSize + 1 + (scoreOutput == nil ? 0 : keys)) }

    package func resultBytes(of shard: Shard) -> Int {
        resultBytes(rows: shard.heads.count * shard.queries.count, keys: shard.keys.count)
    }
}

/// The sum of i + offset over a range of i, each clamped to the bounds of `limits`.
private func sumOfClamped(_ range: Range<Int>, plus offset: Int, to limits: Range<Int>) -> Double {
    let below = min(max(limits.lowerBound - offset - range.lowerBound, 0), range.count)
    let above = min(max(range.upperBound + offset - limits.upperBound, 0), range.count - below)
    let between = range.count - below - above
    let first = Double(range.lowerBound + below + offset)
    let sum = Double(between) * (first + Double(between - 1) / 2)
    return Double(below) * Double(limits.lowerBound) + sum + Double(above) * Double(limits.upperBound)
}
