import AttnMath

/// A piece of a problem that one thread computes: some heads, or some queries or keys of heads that share a key/value
/// head.
struct ProblemPart: Sendable, Equatable {
    /// Query heads.
    var heads: Range<Int>
    var queries: Range<Int>
    var keys: Range<Int>
    /// Which of the results over different keys, merged in this order in the end, it belongs to.
    var result = 0

    /// Below this many queries for a part, keys are split instead: a kernel is faster with rows that share its keys.
    private static let fewQueries = 16

    /// At least one part for each thread where the problem has as much to split: by key/value heads where they are
    /// enough, else by query heads and ranges of their queries, else, where queries are few, by ranges of keys.
    static func parts(of shape: BlockShape, threads: Int) -> [ProblemPart] {
        let groups = (0..<shape.kvHeads).map { $0 * shape.headsPerGroup..<($0 + 1) * shape.headsPerGroup }
        if shape.kvHeads >= threads {
            return groups.map { ProblemPart(heads: $0, queries: 0..<shape.queries, keys: 0..<shape.keys) }
        }
        let queryPieces = pieces(threads, over: shape.queryHeads)
        if shape.queries >= queryPieces * fewQueries {
            return (0..<shape.queryHeads).flatMap { head in
                ranges(of: shape.queries, count: queryPieces).map {
                    ProblemPart(heads: head..<head + 1, queries: $0, keys: 0..<shape.keys)
                }
            }
        }
        let keyRanges = ranges(of: shape.keys, count: min(pieces(threads, over: shape.kvHeads), shape.keys))
        return groups.flatMap { group in
            keyRanges.enumerated().map {
                ProblemPart(heads: group, queries: 0..<shape.queries, keys: $1, result: $0)
            }
        }
    }

    /// Into how many each of `count` has to be cut for as many as there are threads.
    private static func pieces(_ threads: Int, over count: Int) -> Int { (threads + count - 1) / count }

    private static func ranges(of length: Int, count: Int) -> [Range<Int>] {
        (0..<count).map { length * $0 / count..<length * ($0 + 1) / count }
    }
}
