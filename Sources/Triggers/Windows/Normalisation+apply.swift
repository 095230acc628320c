extension Normalisation {
    /// Normalises a window in place; sums are accumulated in double precision. What a very small deviation would make larger
    /// than a `Float` holds becomes the largest that it does, so that finite values stay finite.
    /// - Parameter values: `[channels][length]`.
    func apply(to values: inout [Float], length: Int) {
        guard length > 0 else { return }
        for channel in 0..<values.count / length {
            let range = channel * length..<(channel + 1) * length
            let (mean, deviation): (Double, Double)
            switch self {
            case .none, .model: return
            case .window: (mean, deviation) = Self.moments(values[range])
            case .fixed(let means, let deviations):
                (mean, deviation) = (Double(means[channel]), Double(deviations[channel]))
            }
            // A channel that does not vary has a deviation of 0: all of it is the mean.
            let factor = deviation > 0 ? 1 / deviation : 0
            let largest = Double(Float.greatestFiniteMagnitude)
            for index in range {
                let value = (Double(values[index]) - mean) * factor
                values[index] = Float(min(max(value, -largest), largest))
            }
        }
    }

    /// The mean, and the root of the mean of squared distances to it.
    private static func moments(_ values: ArraySlice<Float>) -> (mean: Double, deviation: Double) {
        let count = Double(values.count)
        let mean = values.reduce(0) { $0 + Double($1) } / count
        let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        return (mean, variance.squareRoot())
    }
}
