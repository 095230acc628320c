import Codecs
import Fleet

/// A request in one of the types and ranks that Q, K and V may have, with numbers in −1…1.
struct TypedRequest {
    var type: TensorType
    var rank: Int
    static let (batch, heads, kvHeads, queries, keys, headSize) = (2, 6, 3, 9, 21, 8)

    var metadata: [String: String] = [:]

    var encoded: [UInt8] {
        get throws {
            var random = SeededGenerator(seed: 5)
            let tensors = [
                tensor("Q", Self.heads, Self.queries, &random), tensor("K", Self.kvHeads, Self.keys, &random),
                tensor("V", Self.kvHeads, Self.keys, &random),
            ]
            let counts = ["q_num_heads": String(Self.heads), "kv_num_heads": String(Self.kvHeads)]
            return try Safetensors.encode(
                metadata: metadata.merging(rank == 3 ? counts : [:]) { $1 }, tensors: tensors)
        }
    }

    var outputShape: [Int] {
        rank == 4
            ? [Self.batch, Self.heads, Self.queries, Self.headSize]
            : [Self.batch, Self.queries, Self.heads * Self.headSize]
    }

    /// Two float32 computations of a convex combination of values in −1…1 differ by rounding: weights are exact to about
    /// (head size + keys) · 2⁻²⁴. Each is then rounded to its type, whose numbers below 1 lie at most this far apart.
    var tolerance: Double {
        let spacing =
            switch type {
            case .f16: 0x1p-11
            case .bf16: 0x1p-8
            default: 0x1p-24
            }
        return Double(Self.headSize + Self.keys + 64) * 0x1p-23 + spacing
    }

    /// The numbers of a tensor of any of the types.
    static func numbers(_ name: String, in file: Safetensors) throws -> [Double] {
        let tensor = try file.tensor(name)
        switch tensor.type {
        case .f64: return try file.elements(of: tensor, as: Double.self)
        case .f16: return try file.elements(of: tensor, as: Float16.self).map(Double.init)
        case .bf16:
            return try file.elements(of: tensor, as: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
        default: return try file.elements(of: tensor, as: Float.self).map(Double.init)
        }
    }

    private func tensor(
        _ name: String, _ heads: Int, _ length: Int, _ random: inout SeededGenerator
    ) -> TensorSource {
        let shape =
            rank == 4 ? [Self.batch, heads, length, Self.headSize] : [Self.batch, length, heads * Self.headSize]
        let numbers = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }
        switch type {
        case .f64: return TensorSource(name, type, shape: shape, numbers.map(Double.init))
        case .f16: return TensorSource(name, type, shape: shape, numbers.map(Float16.init))
        case .bf16: return TensorSource(name, type, shape: shape, numbers.map { UInt16($0.bitPattern >> 16) })
        default: return TensorSource(name, type, shape: shape, numbers)
        }
    }
}
