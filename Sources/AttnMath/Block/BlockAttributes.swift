/// How a block's scores are formed from its queries and keys: score = scale * q k^T, hidden where causality hides it.
public struct BlockAttributes: Sendable, Hashable {
    /// Factor on every dot product, before the mask is added.
    public var scale: Float
    /// Query i sees key j iff j <= i + causalOffset, for i and j counted within the block; nil: every key.
    ///
    /// Any value is allowed: below -queries nothing is seen, from keys on everything. For 2 queries and 5 keys (1 =
    /// seen):
    ///
    ///     offset 0: 1 0 0 0 0    offset 3: 1 1 1 1 0    offset -1: 0 0 0 0 0
    ///               1 1 0 0 0              1 1 1 1 1               1 0 0 0 0
    public var causalOffset: Int?

    public init(scale: Float, causalOffset: Int? = nil) {
        self.scale = scale
        self.causalOffset = causalOffset
    }
}
