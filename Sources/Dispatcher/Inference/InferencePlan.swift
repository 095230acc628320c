import Transformer

/// How a model's computation is cut: ranges of sequences, each through the whole model; or ranges of rows, for each layer.
struct InferencePlan: Equatable {
    enum Cut: Equatable {
        case sequences([Range<Int>])
        case rows([Range<Int>])
    }

    let cut: Cut

    /// The ranges of one stage.
    var ranges: [Range<Int>] {
        switch cut {
        case .sequences(let ranges), .rows(let ranges): ranges
        }
    }

    /// - Parameters:
    ///   - slots: how many pieces can be computed at a time.
    ///   - mostRows: of one piece, for its message to pass.
    init(_ layout: SequenceLayout, _ strategy: InferenceStrategy, slots: Int, mostRows: Int) {
        switch strategy {
        case .replicate, .auto:
            cut = .sequences(Self.sequences(layout, pieces: slots, mostRows: mostRows))
        case .positions: cut = .rows(Self.equal(layout.rows, pieces: slots))
        }
    }

    /// Runs of sequences with about as many rows each.
    private static func sequences(_ layout: SequenceLayout, pieces: Int, mostRows: Int) -> [Range<Int>] {
        let wanted = min(max(layout.rows / max(pieces, 1), 1), mostRows)
        var (ranges, first, rows): ([Range<Int>], Int, Int) = ([], 0, 0)
        for (index, length) in layout.lengths.enumerated() {
            // A run ends where it is nearest to what is wanted.
            if index > first, rows + length > mostRows || rows + length / 2 > wanted {
                ranges.append(first..<index)
                (first, rows) = (index, 0)
            }
            rows += length
        }
        return ranges + [first..<layout.lengths.count]
    }

    private static func equal(_ count: Int, pieces: Int) -> [Range<Int>] {
        let pieces = min(max(pieces, 1), count)
        return (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }
    }
}
