// Weights of a linear layer into the panels that register tiles read, once, when a model is loaded.
//
// In the baseline variant only: panels are the same for every variant.

/// Outputs in a panel of weights, whatever the variant: two vectors of AVX2's lanes, four of SSE2's.
var weightPanelWidth: Int {
    @inline(__always) get { 16 }
}

#if !HAS_FMA

    import CAttnKernels

    /// Packs W [outputs][inputs], row-major, into panels [outputs / 16][inputs][16], the last padded with zeros.
    @inline(never)
    public func packWeights(
        _ weights: UnsafePointer<Float>, outputs: Int, inputs: Int, into panels: UnsafeMutablePointer<Float>
    ) {
        var panel = panels
        var first = 0
        while first < outputs {
            let count = min(weightPanelWidth, outputs - first)
            for output in 0..<weightPanelWidth {
                let row = weights + (first + min(output, count - 1)) * inputs
                for input in 0..<inputs {
                    panel[input * weightPanelWidth + output] = output < count ? row[input] : 0
                }
            }
            panel += inputs * weightPanelWidth
            first += weightPanelWidth
        }
    }

#endif
