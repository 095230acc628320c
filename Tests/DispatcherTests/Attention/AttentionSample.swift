// An attention job made up for a test, as a client would write it.
//
// B = batch, H = query heads, G = key/value heads, L = queries, S = keys (past and new), D = head size, E = value head
// size, U = hidden size of additive scoring.

import AttnMath
import Codecs
import Compute
@testable import Dispatcher
import Fleet
import Transformer

struct AttentionSample: Sendable, CustomStringConvertible {
    enum Mask: Sendable {
        case none
        /// Of this shape, 1 to 4 axes.
        case boolean([Int])
        /// Of this shape and type, with some −∞ in it.
        case float([Int], TensorType)
    }

    /// Additive scoring: U, the keys' own head size, and whether each head has weights of its own.
    struct Additive: Sendable {
        var hiddenSize = 3
        var keySize = 2
        var isPerHead = false
    }

    var batch = 1
    var queryHeads = 2
    var kvHeads = 2
    var queries = 5
    /// New ones, beside the past.
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
    var softcap: Float?
    var leftWindow: Int?
    var rightWindow: Int?
    var softmaxPrecision: Int?
    var mask = Mask.none
    var validKeys: [Int64]?
    /// Length of `past_key` and `past_value`.
    var past: Int?
    /// `qk_matmul_output_mode`; the output is wanted if it is set.
    var scoreOutput: ScoreOutput?
    var wantsPresent = false
    var additive: Additive?
    var seed: UInt64 = 1

    /// S.
    var allKeys: Int { keys + (past ?? 0) }
    var keySize: Int { additive?.keySize ?? headSize }

    var description: String {
        var words = ["B\(batch) H\(queryHeads)/\(kvHeads) L\(queries) S\(keys) D\(headSize) E\(valueHeadSize)"]
        words.append(type.rawValue + (isPacked ? " 3-D" : "") + (isCausal ? " causal" : ""))
        if let past { words.append("past \(past)") }
        if let validKeys { words.append("valid \(validKeys)") }
        if leftWindow != nil || rightWindow != nil { words.append("window \(leftWindow ?? -1), \(rightWindow ?? -1)") }
        if let softcap { words.append("softcap \(softcap)") }
        if let scoreOutput { words.append("scores \(scoreOutput)") }
        if let additive { words.append("\(additive)") }
        return (words + ["\(mask)", "seed \(seed)"]).joined(separator: " ")
    }

    // MARK: The request

    func request(_ changes: [String: String?] = [:], without: Set<String> = [], _ more: [TensorSource] = []) throws
        -> [UInt8]
    {
        var metadata = ["job": "j"]
        if additive != nil { metadata["op"] = "AdditiveAttention" }
        if isPacked { (metadata["q_num_heads"], metadata["kv_num_heads"]) = ("\(queryHeads)", "\(kvHeads)") }
        if isCausal { metadata["is_causal"] = "1" }
        metadata["scale"] = scale?.description
        metadata["softcap"] = softcap?.description
        metadata["left_window_size"] = leftWindow?.description
        metadata["right_window_size"] = rightWindow?.description
        metadata["softmax_precision"] = softmaxPrecision?.description
        metadata["qk_matmul_output_mode"] = scoreOutput?.rawValue.description
        var outputs = ["Y"]
        if scoreOutput != nil { outputs.append("qk_matmul_output") }
        if wantsPresent { outputs += ["present_key", "present_value"] }
        metadata["outputs"] = outputs.joined(separator: ",")
        for (key, value) in changes { metadata[key] = value }
        let sources = try tensors().filter { !without.contains($0.name) } + more
        return try Safetensors.encode(metadata: metadata, tensors: sources)
    }

    func attention() throws -> AttentionRequest { try AttentionRequest(JobRequest(decoding: request())) }

    private func tensors() throws -> [TensorSource] {
        var sources = [
            try source("Q", type, heads: queryHeads, length: queries, size: headSize),
            try source("K", type, heads: kvHeads, length: keys, size: keySize),
            try source("V", valueType ?? type, heads: kvHeads, length: keys, size: valueHeadSize),
        ]
        if let past {
            let (key, value) = ([batch, kvHeads, past, keySize], [batch, kvHeads, past, valueHeadSize])
            sources.append(try source("past_key", type, shape: key, numbers("past_key", key)))
            sources.append(try source("past_value", valueType ?? type, shape: value, numbers("past_value", value)))
        }
        if additive != nil {
            for (name, shape) in weightShapes { sources.append(try source(name, .f32, shape: shape, weight(name))) }
        }
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
        let shape = [batch, heads, length, size]
        guard isPacked else { return try source(name, type, shape: shape, numbers(name, shape)) }
        return try source(
            name, type, shape: [batch, length, heads * size],
            packed(numbers(name, shape), heads: heads, length: length, size: size))
    }

    private func source(_ name: String, _ type: TensorType, shape: [Int], _ numbers: [Float]) throws -> TensorSource {
        let bytes = try encode(numbers, type)
        return TensorSource(name, type, shape: shape) { destination in destination.copyBytes(from: bytes) }
    }

    // MARK: The numbers

    /// [B, H, L, D].
    var q: [Float] { numbers("Q", [batch, queryHeads, queries, headSize]) }
    /// Past and new, [B, G, S, D].
    var k: [Float] { cached("K", "past_key", size: keySize) }
    /// Past and new, [B, G, S, E].
    var v: [Float] { cached("V", "past_value", size: valueHeadSize) }

    /// In -1 ..< 1, rounded to what the tensor's type can hold.
    private func numbers(_ name: String, _ shape: [Int]) -> [Float] {
        let salt = name.utf8.reduce(UInt64(0)) { 31 * $0 + UInt64($1) }
        var random = SeededGenerator(seed: seed &* 1000 &+ salt)
        let numbers = (0..<shape.reduce(1, *)).map { _ in random.float() }
        return rounded(numbers, ["V", "past_value"].contains(name) ? valueType ?? type : type)
    }

    private func cached(_ new: String, _ old: String, size: Int) -> [Float] {
        let fresh = numbers(new, [batch, kvHeads, keys, size])
        guard let past else { return fresh }
        let cache = numbers(old, [batch, kvHeads, past, size])
        var whole: [Float] = []
        for head in 0..<batch * kvHeads {
            whole += cache[head * past * size..<(head + 1) * past * size]
            whole += fresh[head * keys * size..<(head + 1) * keys * size]
        }
        return whole
    }

    /// The shapes of the weights as the request has them.
    var weightShapes: [(String, [Int])] {
        guard let additive else { return [] }
        let hiddenSize = additive.hiddenSize
        return additive.isPerHead
            ? [
                ("W_query", [queryHeads, hiddenSize, headSize]), ("W_key", [kvHeads, hiddenSize, keySize]),
                ("w_score", [queryHeads, hiddenSize]),
            ] : [("W_query", [hiddenSize, headSize]), ("W_key", [hiddenSize, keySize]), ("w_score", [hiddenSize])]
    }

    func weight(_ name: String) -> [Float] {
        guard let shape = weightShapes.first(where: { $0.0 == name })?.1 else { return [] }
        var random = SeededGenerator(seed: seed &+ UInt64(name.utf8.count) &* 977)
        return (0..<shape.reduce(1, *)).map { _ in 2 * random.float() }
    }

    private func maskNumbers(_ shape: [Int]) -> [Float] {
        var random = SeededGenerator(seed: seed &+ 77)
        return (0..<shape.reduce(1, *)).map { _ in random.float() }
    }

    private func maskFloats(_ shape: [Int]) -> [Float] {
        guard case .float(_, let type) = mask else { return [] }
        return rounded(maskNumbers(shape).map { $0 < -0.7 ? -.infinity : 3 * $0 }, type)
    }

    /// The mask's own numbers as what they add to a score.
    var maskBias: (shape: [Int], elements: [Float])? {
        switch mask {
        case .none: nil
        case .boolean(let shape): (shape, maskNumbers(shape).map { $0 > -0.5 ? 0 : -.infinity })
        case .float(let shape, _): (shape, maskFloats(shape))
        }
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
