import AttnMath
import Codecs

/// Takes a model's tensors out of an archive, checked against the shapes that the configuration calls for.
struct WeightReader {
    let archive: any TensorArchive
    let format: WeightFormat
    /// What names begin with: `bert.` where the encoder is part of a larger model.
    let prefix: String

    static func prefix(of archive: any TensorArchive) -> String {
        archive["bert.embeddings.word_embeddings.weight"] == nil ? "" : "bert."
    }

    /// A linear layer, `NAME.weight` [outputs, inputs] and `NAME.bias` [outputs], if it has one.
    func linear(_ name: String, _ outputs: Int, _ inputs: Int, isBiased: Bool = true) throws(ModelError)
        -> LinearWeights
    {
        let bias = isBiased ? try vector(name + ".bias", outputs) : nil
        return try withFloats(name + ".weight", [outputs, inputs]) { weight in
            guard let bias else {
                return LinearWeights(outputs: outputs, inputs: inputs, format: format, bias: nil, weight: weight)
            }
            return bias.withUnsafeBufferPointer {
                LinearWeights(
                    outputs: outputs, inputs: inputs, format: format, bias: $0.baseAddress, weight: weight)
            }
        }
    }

    func vector(_ name: String, _ count: Int) throws(ModelError) -> [Float] { try floats(name, [count]) }

    /// Any float tensor as float32, row-major.
    func floats(_ name: String, _ shape: [Int]) throws(ModelError) -> [Float] {
        let tensor = try tensor(name, shape)
        return archive.withUnsafeBytes(of: tensor) { Self.widened($0, tensor) }
    }

    /// The tensor of that name and shape.
    func tensor(_ name: String, _ shape: [Int]) throws(ModelError) -> TensorInfo {
        guard let tensor = archive[prefix + name] else {
            throw ModelError(.malformed, "tensor '\(prefix + name)' is missing")
        }
        guard tensor.shape == shape else {
            throw ModelError(.malformed, "tensor '\(prefix + name)' is \(tensor.shape), not \(shape)")
        }
        guard FloatFormat(tensor.type) != nil else {
            throw ModelError(.malformed, "tensor '\(prefix + name)' is \(tensor.type.rawValue), not a float type")
        }
        return tensor
    }

    private func withFloats<Result>(
        _ name: String, _ shape: [Int], _ body: (UnsafePointer<Float>) -> Result
    ) throws(ModelError) -> Result {
        let tensor = try tensor(name, shape)
        return archive.withUnsafeBytes(of: tensor) { bytes in
            let alignment = UInt(bitPattern: bytes.baseAddress) % UInt(MemoryLayout<Float>.alignment)
            if tensor.type == .f32, alignment == 0, let base = bytes.bindMemory(to: Float.self).baseAddress {
                return body(base)
            }
            return Self.widened(bytes, tensor).withUnsafeBufferPointer { numbers in
                guard let base = numbers.baseAddress else { preconditionFailure("no dimension of a weight is 0") }
                return body(base)
            }
        }
    }

    static func widened(_ bytes: UnsafeRawBufferPointer, _ tensor: TensorInfo) -> [Float] {
        let count = tensor.elementCount
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            let numbers = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
            do { try FloatFormat(tensor.type)?.decode(bytes, into: numbers) } catch {
                preconditionFailure("a tensor has the bytes of its elements: \(error)")
            }
            initialized = count
        }
    }
}

/// Gain and shift of a layer normalisation.
struct NormWeights: Sendable {
    let gain: [Float]
    let bias: [Float]

    init(_ reader: WeightReader, _ name: String, _ width: Int) throws(ModelError) {
        gain = try reader.vector(name + ".weight", width)
        bias = try reader.vector(name + ".bias", width)
    }
}
