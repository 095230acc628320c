import Codecs

/// Whether the inputs themselves can make an output that is not finite.
extension AttentionRequest {
    /// True if an input holds NaN or infinity (−∞ in a mask apart), or if a score or a sum of values could
    /// overflow float32.
    ///
    /// Asked only when a partial is not finite: then either the inputs or the worker are to blame.
    func mayBeNonFinite() -> Bool {
        let largest = [q.tensor, k.tensor, v.tensor].map(largestMagnitude)
        guard largest.allSatisfy(\.isFinite) else { return true }
        // The dot product may overflow before a small scale would bring it back, and the sum of values before it is
        // divided by the sum of weights.
        let scale = max(Double(abs(problem.scale)), 1)
        let score = Double(largest[0]) * Double(largest[1]) * Double(problem.headSize) * scale
        let sum = Double(largest[2]) * Double(problem.keyLength)
        guard max(score, sum) < Double(Float.greatestFiniteMagnitude) / 4 else { return true }
        guard let mask, problem.mask?.kind == .float else { return false }
        return !elements(of: mask).allSatisfy { $0 < Float.greatestFiniteMagnitude / 4 }
    }

    /// Infinity if any element is infinite or NaN.
    private func largestMagnitude(_ tensor: TensorInfo) -> Float {
        elements(of: tensor).reduce(0) { $1.isFinite ? max($0, abs($1)) : .infinity }
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
