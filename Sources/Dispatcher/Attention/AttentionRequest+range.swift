import Codecs

/// Whether the inputs themselves can make an output that is not finite.
extension AttentionRequest {
    /// True if an input holds NaN or infinity (−∞ in a mask apart), or if a score or a sum of values could
    /// overflow float32.
    ///
    /// Asked only when a partial is not finite: then either the inputs or the worker are to blame.
    func mayBeNonFinite() -> Bool {
        let (queries, keys) = (largestMagnitude([q.tensor]), largestMagnitude(k.tensors))
        let values = largestMagnitude(v.tensors)
        guard queries.isFinite, keys.isFinite, values.isFinite, let score = largestScore(queries, keys) else {
            return true
        }
        // The dot product may overflow before a small scale would bring it back, and the sum of values before it is
        // divided by the sum of weights.
        let scale = max(Double(abs(problem.scale)), 1)
        let sum = values * Double(problem.keyLength)
        guard max(score * scale, sum) < Double(Float.greatestFiniteMagnitude) / 4 else { return true }
        guard let mask, problem.mask?.kind == .float else { return false }
        return !elements(of: mask).allSatisfy { $0 < Float.greatestFiniteMagnitude / 4 }
    }

    /// A bound of the unscaled scores and of what is summed up on the way to them; nil if a weight is not finite.
    private func largestScore(_ queries: Double, _ keys: Double) -> Double? {
        guard let weights else { return queries * keys * Double(problem.headSize) }
        let largest = weights.tensors.map { largestMagnitude([$0]) }
        guard largest.allSatisfy(\.isFinite) else { return nil }
        let projected =
            queries * largest[0] * Double(problem.headSize) + keys * largest[1] * Double(problem.keySize)
        return max(projected, largest[2] * Double(weights.scoring.hiddenSize))
    }

    /// Infinity if any element is infinite or NaN.
    private func largestMagnitude(_ tensors: [TensorInfo]) -> Double {
        tensors.reduce(0) { largest, tensor in
            elements(of: tensor).reduce(largest) { $1.isFinite ? max($0, Double(abs($1))) : .infinity }
        }
    }

    private func elements(of tensor: TensorInfo) -> [Float] {
        [Float](unsafeUninitializedCapacity: tensor.elementCount) { numbers, initialized in
            initialized = tensor.elementCount
            file.withUnsafeBytes(of: tensor) {
                widen(
                    $0, tensor.type,
                    into: UnsafeMutableRawBufferPointer(
                        rebasing: UnsafeMutableRawBufferPointer(numbers)[..<(4 * tensor.elementCount)]))
            }
        }
    }
}
