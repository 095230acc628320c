public import AttnMath

/// Which keys a query sees, by padding, causality, windows and the reach of a short mask.
extension AttentionProblem {
    /// The position of query 0 among the keys: what lies before the queries, in the cache or the padded keys. Negative
    /// if there are more queries than real keys.
    public func offset(batch: Int) -> Int { validKeys.map { $0[batch] - queryLength } ?? pastLength }

    /// Query i sees key j only if i + first ≤ j ≤ i + last: causality and windows.
    public func window(batch: Int) -> KeyWindow {
        let offset = offset(batch: batch)
        return KeyWindow(first: leftWindow.map { offset - $0 }, last: keysAfter.map { offset + $0 })
    }

    /// How many keys after its own position a query sees, by causality too; nil: all.
    private var keysAfter: Int? { isCausal ? 0 : rightWindow }

    /// How many keys, from the first, padding and a short mask leave.
    func reach(batch: Int) -> Int {
        min(validKeys?[batch] ?? keyLength, mask?.keys ?? keyLength)
    }

    /// The keys that any of these queries may see; every key in it may be seen by one of them.
    public func visibleKeys(batch: Int, queries: Range<Int>) -> Range<Int> {
        let window = window(batch: batch)
        let lower = max(window.first.map { $0 + queries.lowerBound } ?? 0, 0)
        let upper = min(window.last.map { $0 + queries.upperBound } ?? keyLength, reach(batch: batch))
        return lower < upper ? lower..<upper : 0..<0
    }

    /// The most keys that so many neighbouring queries may see between them, or for which scores are wanted.
    func mostKeys(queries: Int) -> Int {
        guard scoreOutput?.includesHiddenKeys != true, let left = leftWindow, let right = keysAfter
        else { return keyLength }
        return min(keyLength, left + right + queries)
    }

    /// How many pairs of a query and a key that it may see one head has, over all batch rows.
    private var visiblePairs: Double {
        (0..<batch).reduce(0) { sum, batch in
            guard leftWindow != nil || rightWindow != nil || isCausal else {
                return sum + Double(queryLength) * Double(reach(batch: batch))
            }
            return (0..<queryLength).reduce(sum) {
                $0 + Double(visibleKeys(batch: batch, queries: $1..<$1 + 1).count)
            }
        }
    }

    /// Arithmetic operations of the visible scores and weighted values, of projections, and of the scores wanted.
    ///
    /// A tanh counts as 20, of which additive scoring has one for each hidden element. Grows with the queries to compute.
    public var flops: Double {
        let heads = Double(queryHeads)
        var flops = 0.0
        let perScore: Double
        switch scoring {
        case .dotProduct: perScore = 2 * Double(headSize)
        case .additive(let additive):
            perScore = 20 * Double(additive.hiddenSize)
            let queries = Double(rows) * Double(headSize)
            let keys = Double(batch) * Double(kvHeads) * Double(keyLength) * Double(keySize)
            flops += 2 * Double(additive.hiddenSize) * (queries + keys)
        }
        let pairs = visiblePairs
        flops += heads * pairs * (perScore + 2 * Double(valueHeadSize))
        guard let scoreOutput else { return flops }
        let wanted =
            scoreOutput.includesHiddenKeys ? Double(batch) * Double(queryLength) * Double(keyLength) : pairs
        return flops + heads * wanted * perScore
    }
}
