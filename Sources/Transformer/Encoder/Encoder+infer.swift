extension Encoder {
    /// The whole model: one result for each sequence of the batch.
    ///
    /// - Parameters:
    ///   - isCancelled: asked before each layer; nil is returned once it says so.
    ///   - each: given the rows before the first layer (−1) and after each, for those who want to look.
    /// - Throws: `ModelError.invalidInput` if the batch does not fit the model.
    public func infer(
        _ batch: EncoderBatch, workspace: EncoderWorkspace, isCancelled: () -> Bool = { false },
        each: (Int, UnsafeBufferPointer<Float>) -> Void = { _, _ in }
    ) throws(ModelError) -> [EncoderResult]? {
        let layout = try layout(of: batch)
        let count = layout.rows * configuration.hiddenSize
        let rows = workspace.floats(.hidden, count)
        embed(batch, layout, into: rows, workspace: workspace)
        each(-1, UnsafeBufferPointer(start: rows, count: count))
        computeLayers(
            rows, layout, attended: batch.attended, workspace: workspace, isCancelled: isCancelled,
            each: { each($0, UnsafeBufferPointer(start: $1, count: count)) })
        if isCancelled() { return nil }
        return pool(rows, layout, attended: batch.attended, workspace: workspace)
    }
}

extension EncoderBatch {
    /// For each row whether others attend to it; nil: all.
    public var attended: [Bool]? {
        if case .tokens(let batch) = self { batch.attended } else { nil }
    }
}
