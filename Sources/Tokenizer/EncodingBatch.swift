/// Encodings of different lengths as one rectangle, the shorter ones filled up.
public struct EncodingBatch: Sendable, Equatable {
    /// How many encodings.
    public let rows: Int
    /// The tokens of a row: as many as the longest encoding has.
    public let length: Int
    /// `[rows][length]`, row-major, as all that follow.
    public private(set) var ids: [Int32] = []
    public private(set) var typeIDs: [Int32] = []
    /// 1 where a token is, 0 where it was filled up.
    public private(set) var attentionMask: [Int32] = []
    /// The number of tokens of each row before it was filled up.
    public let lengths: [Int]

    init(_ encodings: [Encoding], _ padding: Padding) {
        rows = encodings.count
        lengths = encodings.map(\.count)
        length = lengths.max() ?? 0
        for encoding in encodings {
            ids += filled(encoding.ids, padding.id, padding.side)
            typeIDs += filled(encoding.typeIDs, padding.typeID, padding.side)
            attentionMask += filled(encoding.ids.map { _ in 1 }, 0, padding.side)
        }
    }

    private func filled(_ row: [Int32], _ value: Int32, _ side: SequenceSide) -> [Int32] {
        let fill = Array(repeating: value, count: length - row.count)
        return side == .left ? fill + row : row + fill
    }
}
