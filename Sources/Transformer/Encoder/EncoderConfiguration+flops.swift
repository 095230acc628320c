extension EncoderConfiguration {
    /// Floating-point operations of all layers for a batch: the linear layers', and those of the scores and their weighted
    /// values.
    public func flops(_ layout: SequenceLayout) -> Double {
        let (width, inner) = (Double(hiddenSize), Double(intermediateSize))
        let linear = Double(layout.rows) * (8 * width * width + 4 * width * inner)
        let attention = layout.lengths.reduce(0.0) { $0 + 4 * Double($1) * Double($1) * width }
        return Double(layers) * (linear + attention)
    }
}
