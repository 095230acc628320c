import AttnMath

extension Encoder {
    /// Ends a step of a layer whose sum was computed in slices: adds the summands, the bias and the residual, and normalises.
    ///
    /// - Parameters:
    ///   - summands: [rows][hiddenSize] of each slice, at least one. They are added in their order, so that the result does not depend on
    ///     which came first.
    ///   - hidden: [rows][hiddenSize], what the step was given; replaced by what the next one is to be given.
    public func combine(_ step: LayerStep, of index: Int, _ summands: [[Float]], into hidden: inout [Float]) {
        let end = step == .attention ? layers[index].attentionEnd : layers[index].feedForwardEnd
        let width = configuration.hiddenSize
        hidden.withUnsafeMutableBufferPointer { hidden in
            guard let hidden = hidden.baseAddress, let count = summands.first?.count else { return }
            end.bias.withUnsafeBufferPointer { bias in
                for row in stride(from: 0, to: count, by: width) {
                    for column in 0..<width { hidden[row + column] += bias[column] }
                }
            }
            for summand in summands {
                summand.withUnsafeBufferPointer { summand in
                    for place in 0..<count { hidden[place] += summand[place] }
                }
            }
            computation.normalize(hidden, count / width, end.norm)
        }
    }
}
