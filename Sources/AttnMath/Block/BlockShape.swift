/// The shape of one attention block: the queries of all its heads against one run of keys.
///
/// Q is [queryHeads, queries, headSize], K [kvHeads, keys, headSize], V [kvHeads, keys, valueHeadSize], the output
/// [queryHeads, queries, valueHeadSize] and the log-sum-exp [queryHeads, queries]; all contiguous, last axis fastest.
/// Query head h reads key/value head h / (queryHeads / kvHeads). Zero queries make an empty output; zero keys make
/// every row a row that saw nothing: O = 0, lse = -inf.
public struct BlockShape: Sendable, Hashable {
    public let queryHeads: Int
    public let kvHeads: Int
    public let queries: Int
    public let keys: Int
    public let headSize: Int
    public let valueHeadSize: Int

    /// Elements of Q.
    public let queryCount: Int
    /// Elements of K.
    public let keyCount: Int
    /// Elements of V.
    public let valueCount: Int
    /// Elements of the output.
    public let outputCount: Int
    /// Rows of the output, which is also the elements of the log-sum-exp.
    public let rowCount: Int

    /// Throws `ShapeError` unless heads and head sizes are positive, queries and keys not negative, the query heads a
    /// multiple of the key/value heads, and every element count within `Int`.
    public init(
        queryHeads: Int, kvHeads: Int, queries: Int, keys: Int, headSize: Int, valueHeadSize: Int
    ) throws(ShapeError) {
        try Self.require("queryHeads", queryHeads, atLeast: 1)
        try Self.require("kvHeads", kvHeads, atLeast: 1)
        try Self.require("queries", queries, atLeast: 0)
        try Self.require("keys", keys, atLeast: 0)
        try Self.require("headSize", headSize, atLeast: 1)
        try Self.require("valueHeadSize", valueHeadSize, atLeast: 1)
        guard queryHeads % kvHeads == 0 else {
            throw .headsNotDivisible(queryHeads: queryHeads, kvHeads: kvHeads)
        }
        self.queryHeads = queryHeads
        self.kvHeads = kvHeads
        self.queries = queries
        self.keys = keys
        self.headSize = headSize
        self.valueHeadSize = valueHeadSize
        queryCount = try Self.elements("Q", queryHeads, queries, headSize)
        keyCount = try Self.elements("K", kvHeads, keys, headSize)
        valueCount = try Self.elements("V", kvHeads, keys, valueHeadSize)
        outputCount = try Self.elements("the output", queryHeads, queries, valueHeadSize)
        rowCount = try Self.elements("the log-sum-exp", queryHeads, queries, 1)
    }

    /// Query heads that share one key/value head.
    public var headsPerGroup: Int { queryHeads / kvHeads }

    static func require(_ name: String, _ value: Int, atLeast least: Int) throws(ShapeError) {
        guard value >= least else { throw .dimension(name: name, value: value, atLeast: least) }
    }

    static func elements(_ tensor: String, _ heads: Int, _ rows: Int, _ size: Int) throws(ShapeError) -> Int {
        let (plane, planeOverflow) = rows.multipliedReportingOverflow(by: size)
        let (count, overflow) = heads.multipliedReportingOverflow(by: plane)
        guard !planeOverflow, !overflow else { throw .tooLarge(tensor: tensor) }
        return count
    }
}
