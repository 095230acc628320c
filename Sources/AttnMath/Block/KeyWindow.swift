/// Which keys a query sees by their positions: query i sees key j iff i + first <= j <= i + last, for i and j counted
/// within the block; nil: unbounded on that side.
///
/// Causality is a last bound, a sliding window a first one too. Any values are allowed; bounds that cross hide every
/// key. For 2 queries and 5 keys (1 = seen):
///
///     last 0: 1 0 0 0 0    last 3: 1 1 1 1 0    last -1: 0 0 0 0 0    first 0, last 1: 1 1 0 0 0
///             1 1 0 0 0            1 1 1 1 1             1 0 0 0 0                     0 1 1 0 0
public struct KeyWindow: Sendable, Hashable {
    public var first: Int?
    public var last: Int?

    public init(first: Int? = nil, last: Int? = nil) {
        self.first = first
        self.last = last
    }

    /// Every query sees every key.
    public static let all = KeyWindow()

    /// Whether query `query` sees key `key`.
    public func contains(query: Int, key: Int) -> Bool {
        // Subtracted, since query + bound could overflow; key - query cannot.
        let distance = key - query
        return distance >= first ?? .min && distance <= last ?? .max
    }
}
