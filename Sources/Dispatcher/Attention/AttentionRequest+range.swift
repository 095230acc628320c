import Codecs

/// Whether the inputs themselves can make an output that is not finite.
extension AttentionRequest {
    /// True if an input holds NaN or infinity (−∞ in a mask apart), or if a score could overflow float32.
    ///
    /// Asked only when a partial is not finite: then either the inputs or the worker are to blame.
    func mayBeNonFinite() -> Bool {
        let largest = [q.tensor, k.tensor, v.tensor].map(largestMagnitude)
        guard largest.allSatisfy(\.isFinite) else { return true }
        let score = Double(largest[0]) * Double(largest[1]) * Double(problem.headSize) * Double(abs(problem.scale))
        guard score < Double(Float.greatestFiniteMagnitude) / 4 else { return true }
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
                widen($0, tensor.type, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(numbers)[..<(4 * tensor.elementCount)]))
            }
        }
    }
}
