import Codecs
import Compute
import Fleet
import Foundation
import Models
import Testing
import Transformer

@testable import Dispatcher

/// Jobs of a layer of multi-head attention, without a fleet: what they ask for is computed as workers compute it.
@Suite("Jobs of multi-head attention")
struct MultiHeadAttentionWorkTests {
    private static let (size, heads, keySize, valueSize) = (12, 3, 5, 7)

    /// A folder with a layer of drawn weights, `cross` with keys and values of other widths, and `self`.
    private func withLibrary(_ body: (ModelLibrary) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "attn-layers-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var random = SeededGenerator(seed: 5)
        func tensor(_ name: String, _ shape: [Int]) -> TensorSource {
            let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -0.5...0.5, using: &random) }
            return TensorSource(name, .f32, shape: shape, values)
        }
        let size = Self.size
        for name in ["self", "cross"] {
            var config: JSON.Object = [
                "model_type": "multihead_attention", "embed_dim": JSON(size), "num_heads": JSON(Self.heads),
            ]
            var tensors = [
                tensor("in_proj_bias", [3 * size]), tensor("out_proj.weight", [size, size]),
                tensor("out_proj.bias", [size]),
            ]
            if name == "cross" {
                (config["kdim"], config["vdim"]) = (JSON(Self.keySize), JSON(Self.valueSize))
                tensors += [
                    tensor("q_proj_weight", [size, size]), tensor("k_proj_weight", [size, Self.keySize]),
                    tensor("v_proj_weight", [size, Self.valueSize]),
                ]
            } else {
                tensors.append(tensor("in_proj_weight", [3 * size, size]))
            }
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            try Data(JSON.object(config).encoded()).write(to: URL(fileURLWithPath: "\(folder)/\(name)/config.json"))
            try Data(Safetensors.encode(tensors: tensors))
                .write(to: URL(fileURLWithPath: "\(folder)/\(name)/model.safetensors"))
        }
        try body(try ModelLibrary(folder: folder))
    }

    private func request(_ model: String, _ tensors: [TensorSource]) throws -> JobRequest {
        try JobRequest(
            decoding: Safetensors.encode(
                metadata: ["job": "layers", "op": "MultiHeadAttention", "protocol": "1", "model": model],
                tensors: tensors))
    }

    @Test("give what the layer gives, however they are cut", arguments: [1, 2, 3, 7, 100])
    func agree(slots: Int) throws {
        try withLibrary { library in
            for (number, (batch, queries, keys)) in [(1, 9, 4), (5, 3, 6), (2, 1, 1), (3, 8, 8)].enumerated() {
                var random = SeededGenerator(seed: UInt64(number))
                func floats(_ name: String, _ shape: [Int]) -> TensorSource {
                    let values = (0..<shape.reduce(1, *)).map { _ in Float.random(in: -1...1, using: &random) }
                    return TensorSource(name, .f32, shape: shape, values)
                }
                func booleans(_ name: String, _ shape: [Int]) -> TensorSource {
                    let values = (0..<shape.reduce(1, *)).map { _ in UInt8.random(in: 0...1, using: &random) }
                    return TensorSource(name, .bool, shape: shape, values)
                }
                let cross = [
                    floats("query", [batch, queries, Self.size]), floats("key", [batch, keys, Self.keySize]),
                    floats("value", [batch, keys, Self.valueSize]),
                ]
                let same = [floats("query", [batch, queries, Self.size])]
                let requests = [
                    try request("cross", cross), try request("self", same),
                    try request("cross", cross + [booleans("key_padding_mask", [batch, keys])]),
                    try request("cross", cross + [booleans("attn_mask", [queries, keys])]),
                    try request("cross", cross + [floats("attn_mask", [batch * Self.heads, queries, keys])]),
                    try request(
                        "self",
                        same + [
                            floats("attn_mask", [queries, queries]), booleans("key_padding_mask", [batch, queries]),
                        ]),
                ]
                for (index, request) in requests.enumerated() {
                    try check(request, library, slots: slots, messageBytes: index.isMultiple(of: 2) ? 1 << 20 : 100)
                }
            }
        }
    }

    private func check(_ request: JobRequest, _ library: ModelLibrary, slots: Int, messageBytes: Int) throws {
        let layer = try #require(library.layers.first { $0.name == request.tensors.metadata["model"] })
        let computing = try MultiHeadAttention(SafetensorsView(parsing: layer.archive))
        let input = try request.tensors.multiHeadAttentionInput(layer.configuration)
        var expected = [Float](repeating: 0, count: input.batch * input.queries * Self.size)
        expected.withUnsafeMutableBufferPointer { computing.compute(input, into: $0, workspace: EncoderWorkspace()) }

        var work = try MultiHeadAttentionWork(request, library, slots: slots, messageBytes: messageBytes)
        #expect(work.shardCount >= min(slots, input.batch * input.queries) / 2)
        for shard in 0..<work.shardCount {
            let header = TaskHeader(
                op: "MultiHeadAttention", job: request.id, shard: shard, attempt: 1,
                lease: LeaseToken(epoch: 1, number: UInt64(shard)), incarnation: Incarnation(1))
            let task = try ModelTask(decoding: try work.encodeTask(header, shard: shard, context: nil))
            #expect(task.model == layer.digest)
            let computation = ModelComputation(task, .multiHeadAttention(computing), cancel: CancelFlag())
            guard case .done(let result) = computation.run(EncoderWorkspace()) else {
                Issue.record("shard \(shard) failed")
                return
            }
            let message = try Safetensors(parsing: Safetensors.encode(tensors: [result.source]))
            work.take(try work.validate(message, shard: shard), shard: shard)
        }
        let answer = try Safetensors(parsing: Safetensors.encode(tensors: work.outputs()))
        let output = try answer.elements(of: answer.tensor("output"), as: Float.self)
        // Rows may be tiled otherwise: a few roundings of numbers of about 1.
        let difference = zip(output, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        #expect(output.count == expected.count && difference <= 1e-5)
    }

    @Test("that cannot be are refused, with the reason")
    func refusals() throws {
        try withLibrary { library in
            func zeros(_ name: String, _ shape: [Int], _ type: TensorType = .f32) -> TensorSource {
                type == .f32
                    ? TensorSource(name, .f32, shape: shape, [Float](repeating: 0, count: shape.reduce(1, *)))
                    : TensorSource(name, .bool, shape: shape, [UInt8](repeating: 0, count: shape.reduce(1, *)))
            }
            let query = zeros("query", [2, 3, 12])
            let wrong: [(String, [TensorSource], String)] = [
                ("nowhere", [query], "cross, self"), ("self", [], "'query' is missing"),
                ("self", [zeros("query", [2, 36])], "query is F32 [2, 36]"),
                ("self", [zeros("query", [2, 3, 11])], "12]"),
                ("self", [zeros("query", [0, 3, 12])], "must be positive"),
                ("cross", [query], "key is"), ("cross", [query, zeros("key", [2, 4, 5])], "value is"),
                ("cross", [query, zeros("key", [1, 4, 5]), zeros("value", [1, 4, 7])], "key is"),
                ("cross", [query, zeros("key", [2, 4, 5]), zeros("value", [2, 5, 7])], "value is"),
                ("self", [query, zeros("attn_mask", [3, 2])], "attn_mask is [3, 2]"),
                ("self", [query, zeros("attn_mask", [5, 3, 3])], "attn_mask is"),
                ("self", [query, zeros("key_padding_mask", [2, 3])], "key_padding_mask is F32"),
                ("self", [query, zeros("key_padding_mask", [3, 2], .bool)], "key_padding_mask is BOOL"),
                ("self", [query, zeros("attention_mask", [3, 3])], "no input 'attention_mask'"),
            ]
            for (model, tensors, says) in wrong {
                let error = #expect(throws: JobError.self, "\(says)") {
                    _ = try MultiHeadAttentionWork(
                        try request(model, tensors), library, slots: 2, messageBytes: 1 << 20)
                }
                #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
            }
        }
    }
}
