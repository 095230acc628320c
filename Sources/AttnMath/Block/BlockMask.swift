/// A mask over a block's scores: [heads, queries, keys], contiguous, where heads and queries are the block's or 1,
/// which repeats.
///
/// Its keys may be fewer than the block's: the keys past it are hidden. Borrows the caller's memory for the call.
public struct BlockMask {
    /// The elements, and with them what the mask does.
    public enum Elements {
        /// Nonzero: attend; zero: the score is -inf.
        case boolean(UnsafeBufferPointer<UInt8>)
        /// Added to the scaled score; -inf hides whatever the score is, NaN makes the row NaN.
        case additive(UnsafeBufferPointer<Float>)

        public var count: Int {
            switch self {
            case .boolean(let elements): elements.count
            case .additive(let elements): elements.count
            }
        }
    }

    public let elements: Elements
    public let heads: Int
    public let queries: Int
    public let keys: Int

    public init(_ elements: Elements, heads: Int, queries: Int, keys: Int) {
        self.elements = elements
        self.heads = heads
        self.queries = queries
        self.keys = keys
    }

    /// Throws `ShapeError` unless the mask can be laid over `shape` and its buffer has as many elements as it says.
    func validate(for shape: BlockShape) throws(ShapeError) {
        guard heads == 1 || heads == shape.queryHeads else {
            throw .mask(dimension: "heads", value: heads, expected: shape.queryHeads)
        }
        guard queries == 1 || queries == shape.queries else {
            throw .mask(dimension: "queries", value: queries, expected: shape.queries)
        }
        guard 0...shape.keys ~= keys else {
            throw .mask(dimension: "keys", value: keys, expected: shape.keys)
        }
        let expected = try BlockShape.elements("the mask", heads, queries, keys)
        guard elements.count == expected else {
            throw .count(buffer: "mask", expected: expected, actual: elements.count)
        }
    }

    /// Elements from one head's mask to the next head's.
    var headStride: Int { heads == 1 ? 0 : queries * keys }

    /// Elements from one query's mask to the next query's.
    var rowStride: Int { queries == 1 ? 0 : keys }
}
