import AttnMath

extension Encoder {
    /// Makes one row of each sequence: its pooled embedding, or its classes' logits.
    ///
    /// Means and norms are taken in double precision.
    /// - Parameters:
    ///   - rows: [layout.rows][hiddenSize], of the last layer.
    ///   - attended: rows that do not count; nil: all count. A sequence of which none counts gives zeros.
    public func pool(
        _ rows: UnsafePointer<Float>, _ layout: SequenceLayout, attended: [Bool]? = nil, workspace: EncoderWorkspace
    ) -> [EncoderResult] {
        layout.lengths.indices.map { sequence in
            let pooled = pooled(rows, layout.rows(of: sequence), attended)
            guard let classifier else {
                return .embedding(configuration.normalizesEmbedding ? normalized(pooled) : pooled)
            }
            return .logits(logits(pooled, classifier, workspace))
        }
    }

    private func pooled(_ rows: UnsafePointer<Float>, _ range: Range<Int>, _ attended: [Bool]?) -> [Float] {
        let width = configuration.hiddenSize
        switch configuration.pooling {
        case .first: return Array(UnsafeBufferPointer(start: rows + range.lowerBound * width, count: width))
        case .mean:
            var sum = [Double](repeating: 0, count: width)
            var count = 0
            for row in range where attended.map({ $0[row] }) ?? true {
                count += 1
                for column in 0..<width { sum[column] += Double(rows[row * width + column]) }
            }
            return sum.map { Float($0 / Double(max(count, 1))) }
        }
    }

    private func normalized(_ row: [Float]) -> [Float] {
        let norm = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return norm > 0 ? row.map { Float(Double($0) / norm) } : row
    }

    private func logits(_ row: [Float], _ classifier: Classifier, _ workspace: EncoderWorkspace) -> [Float] {
        var row = row
        if let pooler = classifier.pooler { row = linear(row, pooler, .tanh, workspace) }
        return linear(row, classifier.output, .none, workspace)
    }

    private func linear(
        _ row: [Float], _ weights: LinearWeights, _ activation: Activation, _ workspace: EncoderWorkspace
    ) -> [Float] {
        [Float](unsafeUninitializedCapacity: weights.outputs) { buffer, initialized in
            row.withUnsafeBufferPointer { row in
                guard let x = row.baseAddress, let y = buffer.baseAddress else { return }
                computation.layerKernel.linear(
                    x, rows: 1, weights, activation, into: y, residual: nil, workspace: workspace.layers)
            }
            initialized = weights.outputs
        }
    }
}
