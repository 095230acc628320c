internal import AttnKernels

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

/// Attention computed the slow, obvious way in double: what the fast kernels and the merge are held against.
///
/// Every score of a row is kept, masked, exponentiated relative to their maximum and summed in key order. Hidden keys
/// are left out, so what lies in their values does not matter.
public enum AttentionOracle {
    /// A block's partial in double: O is [queryHeads, queries, valueHeadSize], lse is [queryHeads, queries].
    public struct Partial: Sendable, Equatable {
        public var output: [Double]
        public var lse: [Double]

        public init(output: [Double], lse: [Double]) {
            self.output = output
            self.lse = lse
        }
    }

    /// Computes a block, with the meaning `AttentionKernel.attend` gives it and the same checks.
    public static func attend(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands
    ) throws(ShapeError) -> Partial {
        try operands.validate(for: shape)
        var partial = Partial(output: [], lse: [])
        partial.output.reserveCapacity(shape.outputCount)
        partial.lse.reserveCapacity(shape.rowCount)
        for head in 0..<shape.queryHeads {
            for query in 0..<shape.queries {
                let scores = scores(shape, attributes, operands, stage: .biased, head: head, query: query)
                appendRow(shape, operands, kvHead: head / shape.headsPerGroup, scores: scores, to: &partial)
            }
        }
        return partial
    }

    /// Merges two partials over disjoint sets of keys: O = sum of exp(lse_i - lse) O_i, lse = log sum of exp(lse_i).
    public static func merge(_ a: Partial, _ b: Partial, valueHeadSize: Int) -> Partial {
        var merged = a
        for row in merged.lse.indices {
            let maximum = Double.maximum(a.lse[row], b.lse[row])
            guard maximum > -.infinity else { continue }
            let lse = maximum + log(exp(a.lse[row] - maximum) + exp(b.lse[row] - maximum))
            merged.lse[row] = lse
            for element in row * valueHeadSize..<(row + 1) * valueHeadSize {
                merged.output[element] =
                    exp(a.lse[row] - lse) * a.output[element] + exp(b.lse[row] - lse) * b.output[element]
            }
        }
        return merged
    }

    /// A block's scores in double at a stage: [queryHeads, queries, keys].
    public static func scores(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, stage: ScoreStage
    ) throws(ShapeError) -> [Double] {
        try operands.validate(for: shape)
        return (0..<shape.rowCount).flatMap { row in
            scores(
                shape, attributes, operands, stage: stage, head: row / shape.queries, query: row % shape.queries)
        }
    }

    /// The score of every key for one query; from `.biased` on -inf for those it does not see.
    private static func scores(
        _ shape: BlockShape, _ attributes: BlockAttributes, _ operands: BlockOperands, stage: ScoreStage, head: Int,
        query: Int
    ) -> [Double] {
        (0..<shape.keys).map { key in
            var score = Double(attributes.scale) * product(shape, operands, head: head, query: query, key: key)
            let cap = Double(attributes.softcap)
            if stage != .raw, cap != 0 { score = cap * tanh(score / cap) }
            guard stage == .biased else { return score }
            guard isVisible(attributes, operands.mask, head: head, query: query, key: key) else { return -.infinity }
            return score + bias(operands.mask, head: head, query: query, key: key)
        }
    }

    /// q k^T, or its additive counterpart w tanh(q + k).
    private static func product(
        _ shape: BlockShape, _ operands: BlockOperands, head: Int, query: Int, key: Int
    ) -> Double {
        let q = (head * shape.queries + query) * shape.headSize
        let k = (head / shape.headsPerGroup * shape.keys + key) * shape.headSize
        return (0..<shape.headSize).reduce(0) { total, d in
            let (a, b) = (
                operands.format.element(q + d, of: operands.q), operands.format.element(k + d, of: operands.k)
            )
            guard let weights = operands.scoreWeights else { return total + a * b }
            return total + Double(weights[head * shape.headSize + d]) * tanh(a + b)
        }
    }

    private static func isVisible(
        _ attributes: BlockAttributes, _ mask: BlockMask?, head: Int, query: Int, key: Int
    ) -> Bool {
        guard attributes.window.contains(query: query, key: key) else { return false }
        guard let mask else { return true }
        guard key < mask.keys else { return false }
        let element = head * mask.headStride + query * mask.rowStride + key
        return switch mask.elements {
        case .boolean(let elements): elements[element] != 0
        case .additive(let elements): elements[element] != -.infinity
        }
    }

    private static func bias(_ mask: BlockMask?, head: Int, query: Int, key: Int) -> Double {
        guard let mask, case .additive(let elements) = mask.elements else { return 0 }
        return Double(elements[head * mask.headStride + query * mask.rowStride + key])
    }

    private static func appendRow(
        _ shape: BlockShape, _ operands: BlockOperands, kvHead: Int, scores: [Double], to partial: inout Partial
    ) {
        var row = [Double](repeating: 0, count: shape.valueHeadSize)
        let seen = scores.indices.filter { scores[$0] != -.infinity }
        guard let first = seen.first else {
            partial.output += row
            partial.lse.append(-.infinity)
            return
        }
        // Double.maximum would skip a NaN; the weights below make the row NaN all the same.
        let maximum = seen.reduce(scores[first]) { Double.maximum($0, scores[$1]) }
        var sum = 0.0
        for key in seen {
            let weight = exp(scores[key] - maximum)
            sum += weight
            for c in 0..<shape.valueHeadSize {
                let element = (kvHead * shape.keys + key) * shape.valueHeadSize + c
                row[c] += weight * operands.format.element(element, of: operands.v)
            }
        }
        partial.output += row.map { $0 / sum }
        partial.lse.append(maximum + log(sum))
    }
}

extension FloatFormat {
    /// One encoded number, exactly.
    fileprivate func element(_ index: Int, of bytes: UnsafeRawBufferPointer) -> Double {
        let offset = index * byteCount
        switch self {
        case .float64: return bytes.loadUnaligned(fromByteOffset: offset, as: Double.self)
        case .float32: return Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
        case .float16:
            var number: Float = 0
            withUnsafeMutablePointer(to: &number) { number in
                guard let start = bytes.baseAddress else { return }
                widenFloat16(start + offset, into: number, count: 1)
            }
            return Double(number)
        case .bfloat16:
            let upper = UInt32(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            return Double(Float(bitPattern: upper << 16))
        }
    }
}
