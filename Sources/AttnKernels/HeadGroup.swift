// What the attention kernel is given: operands by raw pointer and stride, nothing checked. AttnMath checks.

/// Which keys a query may see beyond causality, or what is added to its scores.
///
/// The mask of query head `h` and query `i` starts at `h * headStride + i * rowStride`; a stride of 0 repeats.
public enum HeadMask {
    case none
    /// Nonzero: attend. Zero: the score is -inf.
    case boolean(UnsafePointer<UInt8>, headStride: Int, rowStride: Int)
    /// Added to the scaled score; may be -inf.
    case additive(UnsafePointer<Float>, headStride: Int, rowStride: Int)
}

/// One key/value head and the query heads that share it: one for multi-head attention, more for grouped-query
/// attention.
///
/// A row is one query of one query head; row `r` is query `r % queries` of head `r / queries`. Strides are in
/// elements and hold from row to row across heads too. All buffers are float32; they may overlap only where read.
public struct HeadGroup {
    /// [heads * queries][headSize].
    public var q: UnsafePointer<Float>
    public var qStride: Int
    /// [keys][headSize].
    public var k: UnsafePointer<Float>
    public var kStride: Int
    /// [keys][valueHeadSize].
    public var v: UnsafePointer<Float>
    public var vStride: Int
    /// [heads * queries][valueHeadSize].
    public var output: UnsafeMutablePointer<Float>
    public var outputStride: Int
    /// [heads * queries].
    public var lse: UnsafeMutablePointer<Float>
    /// Query heads in the group; at least 1.
    public var heads: Int
    /// Queries of one head; at least 1.
    public var queries: Int
    /// Keys that may be seen at all; at least 1. Those past a shorter mask are left out by making this smaller.
    public var keys: Int
    public var headSize: Int
    public var valueHeadSize: Int
    public var scale: Float
    /// Query i sees key j iff j <= i + causalOffset; in -queries...keys, where `keys` hides nothing.
    public var causalOffset: Int
    public var mask: HeadMask

    public init(
        q: UnsafePointer<Float>, qStride: Int, k: UnsafePointer<Float>, kStride: Int, v: UnsafePointer<Float>,
        vStride: Int, output: UnsafeMutablePointer<Float>, outputStride: Int, lse: UnsafeMutablePointer<Float>,
        heads: Int, queries: Int, keys: Int, headSize: Int, valueHeadSize: Int, scale: Float, causalOffset: Int,
        mask: HeadMask
    ) {
        self.q = q
        self.qStride = qStride
        self.k = k
        self.kStride = kStride
        self.v = v
        self.vStride = vStride
        self.output = output
        self.outputStride = outputStride
        self.lse = lse
        self.heads = heads
        self.queries = queries
        self.keys = keys
        self.headSize = headSize
        self.valueHeadSize = valueHeadSize
        self.scale = scale
        self.causalOffset = causalOffset
        self.mask = mask
    }

    /// How many of the `count` keys from `firstKey` on causality lets row `row` see; they are the first ones.
    @inline(__always)
    func visibleKeys(row: Int, firstKey: Int, count: Int) -> Int {
        min(count, max(0, row % queries + causalOffset + 1 - firstKey))
    }
}
