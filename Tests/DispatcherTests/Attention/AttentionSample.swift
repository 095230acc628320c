// An attention job made up for a test: its request as a client would write it, and its exact answer.
//
// B = batch, H = query heads, G = key/value heads, L = queries, S = keys, D = head size, E = value head size.

import AttnMath
import Codecs
@testable import Dispatcher
import Fleet
import Glibc

struct AttentionSample: Sendable, CustomStringConvertible {
    enum Mask: Sendable {
        case none
        /// Of this shape, 1 to 4 axes.
        case boolean([Int])
        /// Of this shape and type, with some −∞ in it.
        case float([Int], TensorType)
    }

    var batch = 1
    var queryHeads = 2
    var kvHeads = 2
    var queries = 5
    var keys = 7
    var headSize = 4
    var valueHeadSize = 3
    var type = TensorType.f32
    /// Of V, if another than of Q and K.
    var valueType: TensorType?
    /// 3-D: [B, L, H·D].
    var isPacked = false
    var isCausal = false
    var scale: Float?
    var mask = Mask.none
    var validKeys: [Int64]?
    var seed: UInt64 = 1

    var description: String {
        "B\(batch) H\(queryHeads)/\(kvHeads) L\(queries) S\(keys) D\(headSize) E\(valueHeadSize) \(type.rawValue)"
            + "\(isPacked ? " 3-D" : "")\(isCausal ? " causal" : "")\(validKeys.map { " valid \($0)" } ?? "") \(mask)"
    }

    // MARK: The request

    func request(_ changes: [String: String?] = [:], without: Set<String> = [], _ more: [TensorSource] = []) throws
        -> [UInt8]
    {
        var metadata = ["job": "j"]
        if isPacked { (metadata["q_num_heads"], metadata["kv_num_heads"]) = ("\(queryHeads)", "\(kvHeads)") }
        if isCausal { metadata["is_causal"] = "1" }
        metadata["scale"] = scale?.description
        for (key, value) in changes { metadata[key] = value }
        let sources = try tensors().filter { !without.contains($0.name) } + more
        return try Safetensors.encode(metadata: metadata, tensors: sources)
    }

    func attention() throws -> AttentionRequest { try AttentionRequest(JobRequest(decoding: request())) }

    private func tensors() throws -> [TensorSource] {
        var sources = [
            try source("Q", type, heads: queryHeads, length: queries, size: headSize),
            try source("K", type, heads: kvHeads, length: keys, size: headSize),
            try source("V", valueType ?? type, heads: kvHeads, length: keys, size: valueHeadSize),
        ]
        switch mask {
        case .none: break
        case .boolean(let shape):
            sources.append(
                TensorSource("attn_mask", .bool, shape: shape, maskNumbers(shape).map { UInt8($0 > -0.5 ? 1 : 0) }))
        case .float(let shape, let type):
            sources.append(try source("attn_mask", type, shape: shape, maskFloats(shape)))
        }
        if let validKeys { sources.append(TensorSource("nonpad_kv_seqlen", .i64, shape: [batch], validKeys)) }
        return sources
    }

    private func source(_ name: String, _ type: TensorType, heads: Int, length: Int, size: Int) throws -> TensorSource {
        let numbers = numbers(name, heads: heads, length: length, size: size)
        guard isPacked else { return try source(name, type, shape: [batch, heads, length, size], numbers) }
        return try source(
            name, type, shape: [batch, length, heads * size], packed(numbers, heads: heads, length: length, size: size))
    }

    private func source(_ name: String, _ type: TensorType, shape: [Int], _ numbers: [Float]) throws -> TensorSource {
        let bytes = try encode(numbers, type)
        return TensorSource(name, type, shape: shape) { destination in destination.copyBytes(from: bytes) }
    }

    // MARK: The numbers

    /// [B, heads, length, size], in -1 ..< 1, rounded to what the tensor's type can hold.
    private func numbers(_ name: String, heads: Int, length: Int, size: Int) -> [Float] {
        var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(name.utf8.first ?? 0))
        let numbers = (0..<batch * heads * length * size).map { _ in random.float() }
        return rounded(numbers, name == "V" ? valueType ?? type : type)
    }

    private func maskNumbers(_ shape: [Int]) -> [Float] {
        var random = SeededGenerator(seed: seed &+ 77)
        return (0..<shape.reduce(1, *)).map { _ in random.float() }
    }

    private func maskFloats(_ shape: [Int]) -> [Float] {
        guard case .float(_, let type) = mask else { return [] }
        return rounded(maskNumbers(shape).map { $0 < -0.7 ? -.infinity : 3 * $0 }, type)
    }

    /// From [B, heads, length, size] to [B, length, heads, size].
    func packed<Number>(_ numbers: [Number], heads: Int, length: Int, size: Int) -> [Number] {
        var packed: [Number] = []
        for b in 0..<batch {
            for row in 0..<length {
                for head in 0..<heads {
                    let start = ((b * heads + head) * length + row) * size
                    packed += numbers[start..<start + size]
                }
            }
        }
        return packed
    }

    // MARK: The answer

    /// Y and its log-sum-exp, [B, H, L, E] and [B, H, L].
    struct Answer<Number> {
        var output: [Number] = []
        var lse: [Number] = []
    }

    /// By the oracle, in double.
    func exact() throws -> Answer<Double> {
        var answer = Answer<Double>()
        try forEachBatch { shape, attributes, operands in
            let partial = try AttentionOracle.attend(shape, attributes, operands)
            answer.output += partial.output
            answer.lse += partial.lse
        }
        return answer
    }

    /// The obvious way in float32: all scores, softmax, weighted sum.
    func naive() throws -> [Float] {
        var output: [Float] = []
        try forEachBatch { shape, attributes, operands in
            let (q, k, v) = (
                operands.q.bindMemory(to: Float.self), operands.k.bindMemory(to: Float.self),
                operands.v.bindMemory(to: Float.self)
            )
            for row in 0..<shape.rowCount {
                let kvHead = row / shape.queries / shape.headsPerGroup
                let scores = (0..<shape.keys).map { key in
                    var dot: Float = 0
                    for d in 0..<shape.headSize {
                        dot +=
                            q[row * shape.headSize + d]
                            * k[(kvHead * shape.keys + key) * shape.headSize + d]
                    }
                    return attributes.scale * dot + bias(operands, row, key, shape)
                }
                let maximum = scores.max() ?? -.infinity
                let weights = scores.map { maximum == -.infinity ? 0 : expf($0 - maximum) }
                let sum = weights.reduce(0, +)
                for e in 0..<shape.valueHeadSize {
                    var total: Float = 0
                    for key in 0..<shape.keys {
                        total += weights[key] * v[(kvHead * shape.keys + key) * shape.valueHeadSize + e]
                    }
                    output.append(sum == 0 ? 0 : total / sum)
                }
            }
        }
        return output
    }

    private func bias(_ operands: BlockOperands, _ row: Int, _ key: Int, _ shape: BlockShape) -> Float {
        guard case .additive(let elements) = operands.mask?.elements else { return 0 }
        return elements[row * shape.keys + key]
    }

    /// Lends each batch row as a block whose mask has mask, padding and causality in one, [H, L, S].
    private func forEachBatch(_ body: (BlockShape, BlockAttributes, BlockOperands) throws -> Void) throws {
        let shape = try BlockShape(
            queryHeads: queryHeads, kvHeads: kvHeads, queries: queries, keys: keys, headSize: headSize,
            valueHeadSize: valueHeadSize)
        let attributes = BlockAttributes(scale: scale ?? 1 / Float(headSize).squareRoot())
        let q = numbers("Q", heads: queryHeads, length: queries, size: headSize)
        let k = numbers("K", heads: kvHeads, length: keys, size: headSize)
        let v = numbers("V", heads: kvHeads, length: keys, size: valueHeadSize)
        let maskBias = self.maskBias()
        for b in 0..<batch {
            let biases = (0..<queryHeads).flatMap { head in
                (0..<queries).flatMap { query in (0..<keys).map { bias(maskBias, [b, head, query, $0]) } }
            }
            try slice(q, b).withUnsafeBufferPointer { q in
                try slice(k, b).withUnsafeBufferPointer { k in
                    try slice(v, b).withUnsafeBufferPointer { v in
                        try biases.withUnsafeBufferPointer { biases in
                            let mask = BlockMask(.additive(biases), heads: queryHeads, queries: queries, keys: keys)
                            try body(shape, attributes, BlockOperands(q: q, k: k, v: v, mask: mask))
                        }
                    }
                }
            }
        }
    }

    private func slice(_ numbers: [Float], _ b: Int) -> [Float] {
        Array(numbers[b * numbers.count / batch..<(b + 1) * numbers.count / batch])
    }

    /// The mask's own numbers as what they add to a score.
    private func maskBias() -> (shape: [Int], elements: [Float])? {
        switch mask {
        case .none: nil
        case .boolean(let shape): (shape, maskNumbers(shape).map { $0 > -0.5 ? 0 : -.infinity })
        case .float(let shape, _): (shape, maskFloats(shape))
        }
    }

    /// What is added to the score at [batch, head, query, key], read off the operator's definition: nothing here is
    /// shared with the code under test.
    private func bias(_ mask: (shape: [Int], elements: [Float])?, _ place: [Int]) -> Float {
        let (query, key) = (place[2], place[3])
        let valid = validKeys.map { Int($0[place[0]]) }
        if let valid, key >= valid { return -.infinity }
        if isCausal, key > query + (valid.map { $0 - queries } ?? 0) { return -.infinity }
        guard let mask else { return 0 }
        guard key < mask.shape[mask.shape.count - 1] else { return -.infinity }
        var index = 0
        for (axis, (size, at)) in zip(mask.shape, place.suffix(mask.shape.count)).enumerated() {
            let repeats = size == 1 && axis < mask.shape.count - 1
            index = index * size + (repeats ? 0 : at)
        }
        return mask.elements[index]
    }
}

extension SeededGenerator {
    /// Uniform in -1 ..< 1, of 24 bits, so exact in float32.
    mutating func float() -> Float { Float(Int32(truncatingIfNeeded: next()) >> 8) * 0x1p-23 }
}

func encode(_ numbers: [Float], _ type: TensorType) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: numbers.count * type.byteWidth)
    try numbers.withUnsafeBufferPointer { numbers in
        try bytes.withUnsafeMutableBytes { try FloatFormat(type)?.encode(numbers, into: $0) }
    }
    return bytes
}

func decode(_ bytes: some Sequence<UInt8>, _ type: TensorType) throws -> [Float] {
    let bytes = Array(bytes)
    var numbers = [Float](repeating: 0, count: bytes.count / type.byteWidth)
    try numbers.withUnsafeMutableBufferPointer { numbers in
        try bytes.withUnsafeBytes { try FloatFormat(type)?.decode($0, into: numbers) }
    }
    return numbers
}

/// What is left of numbers that went through a type.
func rounded(_ numbers: [Float], _ type: TensorType) -> [Float] {
    (try? decode(encode(numbers, type), type)) ?? numbers
}
