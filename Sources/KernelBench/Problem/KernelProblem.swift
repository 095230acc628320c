public import AttnMath

/// A block of attention to be timed: its shape, how it is stored, and which keys its queries see.
///
/// Where causal or windowed, the queries are the last of as many positions as there are keys, as when decoding: query
/// `i` stands at position `p = i + keys - queries`. Causal, it sees keys `0...p`; with a window of `w`, keys
/// `p-w+1...p`.
public struct KernelProblem: Sendable, Equatable {
    public let shape: BlockShape
    public let dtype: DType
    public let isCausal: Bool
    /// Keys that a query sees, its own position the last; nil: no window.
    public let window: Int?

    /// What Q, K, V and the output may take together.
    public static let maximalByteCount = 1 << 34

    /// Throws `ShapeError` for a shape that is none, `ProblemError` for one that is empty, too large, or has a window
    /// without a key.
    public init(
        heads: Int, kvHeads: Int? = nil, queries: Int, keys: Int, headSize: Int, valueHeadSize: Int? = nil,
        dtype: DType = .f32, isCausal: Bool = false, window: Int? = nil
    ) throws {
        let dimensions = [
            ("heads", heads), ("kv_heads", kvHeads), ("queries", queries), ("keys", keys), ("head_size", headSize),
            ("value_head_size", valueHeadSize), ("window", window),
        ]
        for case (let name, let value?) in dimensions where !(1...Self.maximalDimension).contains(value) {
            throw ProblemError.dimension(name: name, value: value, most: Self.maximalDimension)
        }
        shape = try BlockShape(
            queryHeads: heads, kvHeads: kvHeads ?? heads, queries: queries, keys: keys, headSize: headSize,
            valueHeadSize: valueHeadSize ?? headSize)
        self.dtype = dtype
        self.isCausal = isCausal
        self.window = window
        let counts = [shape.queryCount, shape.keyCount, shape.valueCount, shape.outputCount]
        guard counts.allSatisfy({ $0 <= Self.maximalByteCount / 4 }), byteCount <= Self.maximalByteCount else {
            throw ProblemError.tooLarge(most: Self.maximalByteCount)
        }
    }

    private static let maximalDimension = 1 << 24

    var attributes: BlockAttributes {
        BlockAttributes(scale: 1 / Float(shape.headSize).squareRoot(), window: keyWindow)
    }

    private var keyWindow: KeyWindow {
        let past = shape.keys - shape.queries
        if let window { return KeyWindow(first: past - window + 1, last: past) }
        return isCausal ? KeyWindow(last: past) : .all
    }
}
