extension EncoderBatch {
    /// Some of the sequences, as a batch of their own.
    /// - Parameter layout: this batch's.
    public func sequences(_ range: Range<Int>, _ layout: SequenceLayout) -> EncoderBatch {
        switch self {
        case .series(let batch):
            let size = batch.channels * batch.length
            return .series(
                SeriesBatch(
                    values: Array(batch.values[range.lowerBound * size..<range.upperBound * size]),
                    windows: range.count, channels: batch.channels, length: batch.length))
        case .tokens(let batch):
            let rows = layout.starts[range.lowerBound]..<layout.starts[range.upperBound]
            return .tokens(
                TokenBatch(
                    tokens: Array(batch.tokens[rows]), types: batch.types.isEmpty ? [] : Array(batch.types[rows]),
                    lengths: Array(batch.lengths[range]), attended: batch.attended.map { Array($0[rows]) }))
        }
    }
}
