/// Sequences of a batch, their rows one after the other without padding.
///
/// What padded batches do with a mask is done here by leaving the padding out: the same numbers, and no work on rows
/// that nobody reads.
public struct SequenceLayout: Sendable, Equatable {
    public let lengths: [Int]
    /// The first row of each sequence, and behind them the number of all rows.
    public let starts: [Int]

    /// - Throws: `ModelError.invalidInput` unless each length is 1 to `maximum`.
    public init(_ lengths: [Int], maximum: Int) throws(ModelError) {
        guard !lengths.isEmpty else { throw ModelError(.invalidInput, "there is no sequence in the batch") }
        var starts = [0]
        starts.reserveCapacity(lengths.count + 1)
        for (index, length) in lengths.enumerated() {
            guard length >= 1, length <= maximum else {
                throw ModelError(
                    .invalidInput, "sequence \(index) has \(length) positions, and the model takes 1 to \(maximum)")
            }
            let (end, overflow) = starts[index].addingReportingOverflow(length)
            guard !overflow, end <= Self.mostRows else {
                throw ModelError(.invalidInput, "the batch has more than \(Self.mostRows) rows")
            }
            starts.append(end)
        }
        self.lengths = lengths
        self.starts = starts
    }

    private static let mostRows = 1 << 24

    public var rows: Int { starts[lengths.count] }

    /// The rows of one sequence.
    public func rows(of sequence: Int) -> Range<Int> { starts[sequence]..<starts[sequence + 1] }

    /// The rows of a run of sequences.
    public func rows(ofSequences sequences: Range<Int>) -> Range<Int> {
        starts[sequences.lowerBound]..<starts[sequences.upperBound]
    }

    /// The sequences that have rows among these.
    public func sequences(with rows: Range<Int>) -> Range<Int> {
        guard !rows.isEmpty else { return 0..<0 }
        return sequence(of: rows.lowerBound)..<sequence(of: rows.upperBound - 1) + 1
    }

    /// The last sequence that starts at the row or before it.
    private func sequence(of row: Int) -> Int {
        var (low, high) = (0, lengths.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= row { low = middle } else { high = middle }
        }
        return low
    }
}

extension EncoderConfiguration {
    /// How rows of sequences of these lengths lie.
    /// - Throws: `ModelError.invalidInput` if a sequence is too long for the model, or all are for memory.
    public func layout(lengths: [Int]) throws(ModelError) -> SequenceLayout {
        let layout = try SequenceLayout(lengths, maximum: maximumLength)
        let most = Self.mostElements / max(hiddenSize, intermediateSize)
        guard layout.rows <= most else {
            throw ModelError(.invalidInput, "\(layout.rows) rows in one batch, and \(most) are the most")
        }
        return layout
    }

    /// Of the widest rows of a batch: 256 MiB.
    private static var mostElements: Int { 1 << 26 }
}
