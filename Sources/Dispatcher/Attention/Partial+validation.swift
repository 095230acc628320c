package import Codecs
package import Compute

/// Why a partial is not the shard's.
package struct InvalidPartial: Error, CustomStringConvertible {
    package let description: String
}

extension Partial {
    /// Takes `O`, `lse` and the scores wanted out of a result if they fit the shard in shape and type.
    package init(_ file: Safetensors, for shard: Shard, of problem: AttentionProblem) throws(InvalidPartial) {
        let shape = [shard.heads.count, shard.queries.count]
        self.init(
            output: try Self.elements(file, "O", shape: shape + [problem.valueHeadSize]),
            lse: try Self.elements(file, "lse", shape: shape),
            scores: problem.scoreOutput == nil
                ? nil : try Self.elements(file, "qk_matmul_output", shape: shape + [shard.keys.count]))
    }

    /// Whether every row is one that finite inputs can make: O finite, lse and scores finite or −∞.
    package var isFinite: Bool {
        output.areFinite && lse.areBelowInfinity && scores?.areBelowInfinity ?? true
    }

    private static func elements(
        _ file: Safetensors, _ name: String, shape: [Int]
    ) throws(InvalidPartial) -> [Float] {
        guard let tensor = file[name] else { throw InvalidPartial(description: "tensor '\(name)' is missing") }
        guard tensor.shape == shape else {
            throw InvalidPartial(description: "\(name) has shape \(tensor.shape), not \(shape)")
        }
        do throws(SafetensorsError) {
            return try file.elements(of: tensor, as: Float.self)
        } catch {
            throw InvalidPartial(description: error.message)
        }
    }
}

extension [Float] {
    /// Eight at a time: what is not finite differs from itself by NaN.
    fileprivate var areFinite: Bool {
        withUnsafeBytes { bytes in
            var differences = SIMD8<Float>(repeating: 0)
            for place in stride(from: 0, to: count / 8 * 32, by: 32) {
                let numbers = bytes.loadUnaligned(fromByteOffset: place, as: SIMD8<Float>.self)
                differences += numbers - numbers
            }
            return differences == .zero
        } && self[(count / 8 * 8)...].allSatisfy(\.isFinite)
    }

    /// Neither NaN nor ∞; −∞ is.
    fileprivate var areBelowInfinity: Bool {
        withUnsafeBytes { bytes in
            var areBelow = SIMDMask<SIMD8<Int32>>(repeating: true)
            for place in stride(from: 0, to: count / 8 * 32, by: 32) {
                areBelow .&= bytes.loadUnaligned(fromByteOffset: place, as: SIMD8<Float>.self) .< .infinity
            }
            return all(areBelow)
        } && self[(count / 8 * 8)...].allSatisfy { $0 < .infinity }
    }
}
