/// How a mask of rank 1 to 4 lies over `[batch, query heads, queries, keys]`: right-aligned, sizes of 1 repeat.
public struct MaskLayout: Sendable, Equatable {
    public enum Kind: Sendable {
        /// One byte an element; nonzero: attend.
        case boolean
        /// Added to the score; of any float type.
        case float
    }

    public var kind: Kind
    /// Sizes of the mask, with leading ones to rank 4. The last may be less than the keys: the rest is masked.
    public var sizes: [Int]

    /// The number of keys that the mask speaks of.
    public var keys: Int { sizes[3] }

    /// Where a row of the mask begins, in elements; sizes of 1 repeat.
    func rowStart(batch: Int, head: Int, query: Int) -> Int {
        let batch = sizes[0] == 1 ? 0 : batch
        let head = sizes[1] == 1 ? 0 : head
        let query = sizes[2] == 1 ? 0 : query
        return ((batch * sizes[1] + head) * sizes[2] + query) * sizes[3]
    }
}
