import AttnMath

extension Encoder {
    /// How a batch's rows lie.
    /// - Throws: `ModelError.invalidInput` if the batch does not fit the model.
    public func layout(of batch: EncoderBatch) throws(ModelError) -> SequenceLayout {
        switch (configuration.input, batch) {
        case (.tokens(let input), .tokens(let batch)):
            let layout = try configuration.layout(lengths: batch.lengths)
            try check(batch, input, rows: layout.rows)
            return layout
        case (.series(let input), .series(let batch)):
            guard batch.windows >= 1, batch.channels == input.channels, batch.length == input.length,
                batch.values.count / (input.channels * input.length) == batch.windows,
                batch.values.count.isMultiple(of: input.channels * input.length)
            else {
                throw ModelError(
                    .invalidInput,
                    "readings [\(batch.windows), \(batch.channels), \(batch.length)] are not windows of "
                        + "[\(input.channels), \(input.length)]")
            }
            guard batch.values.allSatisfy(\.isFinite) else {
                throw ModelError(.invalidInput, "a reading is NaN or infinite")
            }
            return try configuration.layout(lengths: Array(repeating: input.patches, count: batch.windows))
        case (.tokens, .series): throw ModelError(.invalidInput, "the model reads tokens, not readings")
        case (.series, .tokens): throw ModelError(.invalidInput, "the model reads readings, not tokens")
        }
    }

    private func check(_ batch: TokenBatch, _ input: TokenInput, rows: Int) throws(ModelError) {
        guard batch.tokens.count == rows, batch.types.isEmpty || batch.types.count == rows,
            batch.attended.map({ $0.count == rows }) ?? true
        else {
            throw ModelError(
                .invalidInput, "\(batch.tokens.count) tokens and \(batch.types.count) types are not \(rows) positions")
        }
        if let token = batch.tokens.first(where: { $0 < 0 || $0 >= input.vocabularySize }) {
            throw ModelError(.invalidInput, "token \(token) is not in a vocabulary of \(input.vocabularySize)")
        }
        if let type = batch.types.first(where: { $0 < 0 || $0 >= input.typeVocabularySize }) {
            throw ModelError(.invalidInput, "token type \(type) is not one of \(input.typeVocabularySize)")
        }
    }

    /// The rows that the first layer is given, [layout.rows][hiddenSize].
    /// - Parameter batch: one that `layout(of:)` took.
    public func embed(
        _ batch: EncoderBatch, _ layout: SequenceLayout, into rows: UnsafeMutablePointer<Float>,
        workspace: EncoderWorkspace
    ) {
        switch (embedding, batch, configuration.input) {
        case (.tokens(let table), .tokens(let batch), _):
            embed(batch, layout, table, into: rows)
            computation.normalize(rows, layout.rows, table.norm)
        case (.series(let table), .series(let batch), .series(let input)):
            embed(batch, layout, table, input, into: rows, workspace)
            computation.normalize(rows, layout.rows, table.norm)
        default: preconditionFailure("the layout is another batch's")
        }
    }

    private func embed(
        _ batch: TokenBatch, _ layout: SequenceLayout, _ table: TokenEmbedding, into rows: UnsafeMutablePointer<Float>
    ) {
        let width = configuration.hiddenSize
        for sequence in layout.lengths.indices {
            for row in layout.rows(of: sequence) {
                table.embed(
                    Int(batch.tokens[row]), type: batch.types.isEmpty ? 0 : Int(batch.types[row]),
                    position: row - layout.starts[sequence], into: rows + row * width)
            }
        }
    }

    private func embed(
        _ batch: SeriesBatch, _ layout: SequenceLayout, _ table: SeriesEmbedding, _ input: SeriesInput,
        into rows: UnsafeMutablePointer<Float>, _ workspace: EncoderWorkspace
    ) {
        let width = configuration.hiddenSize
        let patches = workspace.floats(.intermediate, layout.rows * input.patchSize)
        let positions = workspace.floats(.context, layout.rows * width)
        batch.values.withUnsafeBufferPointer { values in
            for row in 0..<layout.rows {
                let (window, patch) = row.quotientAndRemainder(dividingBy: input.patches)
                for channel in 0..<input.channels {
                    let source = (window * input.channels + channel) * input.length + patch * input.patchLength
                    let place = row * input.patchSize + channel * input.patchLength
                    for step in 0..<input.patchLength {
                        patches[place + step] = (values[source + step] - input.mean[channel]) / input.deviation[channel]
                    }
                }
            }
        }
        table.positions.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            for window in layout.lengths.indices {
                (positions + layout.starts[window] * width).update(from: base, count: source.count)
            }
        }
        computation.layerKernel.linear(
            patches, rows: layout.rows, table.patch, .none, into: rows, residual: positions,
            workspace: workspace.layers)
    }
}
