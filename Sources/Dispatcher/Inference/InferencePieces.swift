import Transformer

/// Into how many pieces a model's computation is cut, and how large they may be.
struct InferencePieces: Equatable {
    /// Relative sizes of the pieces that can be computed at a time, positive and at least one.
    var shares: [Double]
    /// Most rows of one piece, for its message to pass.
    var mostRows: Int

    init(shares: [Double], mostRows: Int) {
        self.shares = shares.isEmpty ? [1] : shares
        self.mostRows = max(mostRows, 1)
    }
}

extension SequenceLayout {
    /// Runs of sequences with about those shares of the rows: a sequence stays whole, however long it is.
    func runs(_ pieces: InferencePieces) -> [Range<Int>] {
        let whole = pieces.shares.reduce(0, +)
        var (ranges, first, count, wanted): ([Range<Int>], Int, Int, Int) = ([], 0, 0, 0)
        func share() -> Int {
            let share = pieces.shares[ranges.count % pieces.shares.count]
            return min(max(Int(Double(rows) * share / whole), 1), pieces.mostRows)
        }
        wanted = share()
        for (index, length) in lengths.enumerated() {
            // A run ends where it is nearest to what is wanted.
            if index > first, count + length > pieces.mostRows || count + length / 2 > wanted {
                ranges.append(first..<index)
                (first, count, wanted) = (index, 0, share())
            }
            count += length
        }
        return ranges + [first..<lengths.count]
    }

    /// Ranges of rows with about those shares of them.
    func rowRanges(_ pieces: InferencePieces) -> [Range<Int>] {
        let most = max(pieces.shares.count, (rows + pieces.mostRows - 1) / pieces.mostRows)
        let shares = (0..<min(most, rows)).map { pieces.shares[$0 % pieces.shares.count] }
        return Range.cut(rows, shares: shares)
    }
}
