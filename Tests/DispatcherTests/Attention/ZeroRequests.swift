// Requests whose tensors are zeros: only their shapes, types and metadata matter.

import Codecs
@testable import Dispatcher
import Fleet

/// The error that a request is refused with; nil if it is taken.
func refusal(of payload: [UInt8]) throws -> JobError? {
    do throws(JobError) {
        _ = try AttentionRequest(JobRequest(decoding: payload))
        return nil
    } catch { return error }
}

func zeros(_ name: String, _ type: TensorType, _ shape: [Int]) -> TensorSource {
    TensorSource(name, type, shape: shape) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
}

/// A request of zeros with these shapes.
func zeroRequest(
    q: [Int] = [2, 4, 3, 8], k: [Int] = [2, 2, 5, 8], v: [Int] = [2, 2, 5, 6],
    types: [TensorType] = [.f32, .f32, .f32], _ metadata: [String: String] = [:], _ more: [TensorSource] = []
) throws -> [UInt8] {
    try Safetensors.encode(
        metadata: metadata.merging(["job": "j"]) { $1 },
        tensors: [zeros("Q", types[0], q), zeros("K", types[1], k), zeros("V", types[2], v)] + more)
}

func zeroPast(_ length: Int) -> [TensorSource] {
    [zeros("past_key", .f32, [2, 2, length, 8]), zeros("past_value", .f32, [2, 2, length, 6])]
}

/// Additive attention of 4 heads on 2, hidden size 7, with other shapes for some tensors, or without them.
func zeroAdditiveRequest(
    _ changes: [String: [Int]?], type: TensorType = .f32, _ metadata: [String: String] = [:]
) throws -> [UInt8] {
    var shapes = [
        "Q": [2, 4, 3, 8], "K": [2, 2, 5, 3], "V": [2, 2, 5, 6], "W_query": [7, 8], "W_key": [7, 3], "w_score": [7],
    ]
    for (name, shape) in changes { shapes[name] = shape }
    return try Safetensors.encode(
        metadata: metadata.merging(["job": "j", "op": "AdditiveAttention"]) { $1 },
        tensors: shapes.map { zeros($0.key, $0.key.lowercased().hasPrefix("w") ? type : .f32, $0.value) })
}
