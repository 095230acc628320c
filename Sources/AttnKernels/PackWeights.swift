// Weights of a linear layer into the panels that register tiles read, once, when a model is loaded.
//
// In the baseline variant only: panels are the same for every variant.

/// Outputs in a panel of weights, whatever the variant: two vectors of AVX2's lanes, four of SSE2's.
var weightPanelWidth: Int {
    @inline(__always) get { 16 }
}

#if !HAS_FMA

    import CAttnKernels

    /// Packs up to 16 rows of W [outputs][inputs] into a panel [inputs][16], padded with zeros.
    @inline(never)
    public func packWeights(
        _ weights: UnsafePointer<Float>, outputs: Int, inputs: Int, into panel: UnsafeMutablePointer<Float>
    ) {
        for output in 0..<weightPanelWidth {
            let row = weights + min(output, outputs - 1) * inputs
            for input in 0..<inputs {
                panel[input * weightPanelWidth + output] = output < outputs ? row[input] : 0
            }
        }
    }

    /// Rounds up to 16 rows of W [outputs][inputs] to integers, into a panel [inputs / 2][16][2], padded with zeros.
    ///
    /// An output's integers are the nearest to w / scale, from -127 to 127, where scale = max |w| / 127.
    /// - Parameters:
    ///   - scales: Where the 16 scales go.
    ///   - integers: Scratch for a row: inputs, and one more if they are odd.
    @inline(never)
    public func packQuantizedWeights(
        _ weights: UnsafePointer<Float>, outputs: Int, inputs: Int, into panel: UnsafeMutablePointer<Int8>,
        scales: UnsafeMutablePointer<Float>, integers: UnsafeMutablePointer<Int16>
    ) {
        let padded = 2 * pairCount(inputs: inputs)
        for output in 0..<weightPanelWidth {
            if output < outputs {
                scales[output] = quantizeRow(weights + output * inputs, count: inputs, into: integers)
            } else {
                scales[output] = 0
                integers.update(repeating: 0, count: padded)
            }
            for input in 0..<padded {
                let pair = input / 2 * weightPanelWidth + output
                panel[2 * pair + input % 2] = Int8(truncatingIfNeeded: integers[input])
            }
        }
    }

#endif
