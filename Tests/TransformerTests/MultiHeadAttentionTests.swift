import AttnMath
import Codecs
import Testing

@testable import Transformer

/// `torch.nn.MultiheadAttention`: tools/make_mha_vectors.py.
@Suite("Multi-head attention")
struct MultiHeadAttentionTests {
    /// One case of a file of vectors, as an archive and its inputs.
    private struct Case {
        let name: String
        let reference: Reference
        private let own: [String: TensorInfo]

        init(_ name: String, in reference: Reference) {
            (self.name, self.reference) = (name, reference)
            own = Dictionary(
                uniqueKeysWithValues: reference.file.tensors.filter { $0.name.hasPrefix(name + "/") }.map {
                    (String($0.name.dropFirst(name.count + 1)), $0)
                })
        }

        static func all(in reference: Reference) -> [Case] {
            reference.file.metadata.keys.filter { $0.hasSuffix("/num_heads") }.sorted()
                .map { Case(String($0.dropLast("/num_heads".count)), in: reference) }
        }

        func archive(_ format: WeightFormat = .float32) throws -> Safetensors {
            let query = try #require(own["query"])
            var config: JSON.Object = [
                "model_type": "multihead_attention", "embed_dim": JSON(query.shape[2]),
                "num_heads": JSON(try #require(Int(reference.file.metadata["\(name)/num_heads"] ?? ""))),
                "bias": JSON(reference.file.metadata["\(name)/bias"] == "true"),
            ]
            if let key = own["k_proj_weight"], let value = own["v_proj_weight"] {
                config["kdim"] = JSON(key.shape[1])
                config["vdim"] = JSON(value.shape[1])
            }
            let weights = own.keys.filter { $0.contains("proj") }.sorted()
            return try Safetensors(
                parsing: Safetensors.encode(
                    metadata: ["config": JSON.object(config).text(), "weights": format.rawValue],
                    tensors: try weights.map { name in
                        let tensor = try #require(own[name])
                        return TensorSource(
                            name, .f32, shape: tensor.shape, try reference.file.elements(of: tensor, as: Float.self))
                    }))
        }

        func floats(_ name: String) throws -> [Float]? {
            try own[name].map { try reference.file.elements(of: $0, as: Float.self) }
        }

        func input(_ configuration: MultiHeadAttentionConfiguration) throws -> MultiHeadAttentionInput {
            let query = try #require(own["query"]).shape
            let mask = try own["attn_mask"].map { tensor -> MultiHeadAttentionInput.Mask in
                tensor.type == .bool
                    ? .boolean(try reference.file.elements(of: tensor, as: UInt8.self).map { $0 != 0 })
                    : .additive(try reference.file.elements(of: tensor, as: Float.self))
            }
            return try MultiHeadAttentionInput(
                configuration, batch: query[0], queries: query[1], keys: own["key"]?.shape[1] ?? query[1],
                query: try floats("query") ?? [], key: try floats("key"), value: try floats("value"), mask: mask,
                padding: try own["key_padding_mask"].map {
                    try reference.file.elements(of: $0, as: UInt8.self).map { $0 != 0 }
                })
        }
    }

    private func compute(_ layer: MultiHeadAttention, _ input: MultiHeadAttentionInput) -> [Float] {
        let count = input.batch * input.queries * layer.configuration.embeddingSize
        var result = [Float](repeating: .nan, count: count)
        result.withUnsafeMutableBufferPointer { layer.compute(input, into: $0, workspace: EncoderWorkspace()) }
        return result
    }

    @Test("is PyTorch's", arguments: ["mha_self", "mha_cross", "mha_masks"], KernelVariant.available)
    func parity(file: String, variant: KernelVariant) throws {
        let cases = Case.all(in: try Reference(file))
        #expect(cases.count >= 7)
        for one in cases {
            let layer = try MultiHeadAttention(one.archive(), kernel: AttentionKernel(variant))
            let input = try one.input(layer.configuration)
            try one.reference.expect(compute(layer, input), "\(one.name)/output", exact: "\(one.name)/exact.output")
        }
    }

    @Test("in float16 and int8 is near PyTorch's", arguments: [(WeightFormat.float16, 2e-3), (.int8, 5e-2)])
    func formats(format: WeightFormat, tolerance: Double) throws {
        for one in Case.all(in: try Reference("mha_self")) {
            let layer = try MultiHeadAttention(one.archive(format))
            let found = compute(layer, try one.input(layer.configuration))
            let expected = try #require(try one.floats("output"))
            let scale = expected.reduce(0) { max($0, abs($1)) }
            let difference = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(Double(difference) <= tolerance * Double(scale), "\(one.name): \(difference) of \(scale)")
        }
    }

    @Test("a query that sees no key gets the last layer's bias alone")
    func allHidden() throws {
        let one = Case("plain", in: try Reference("mha_self"))
        let layer = try MultiHeadAttention(one.archive())
        let input = try one.input(layer.configuration)
        let hidden = try MultiHeadAttentionInput(
            layer.configuration, batch: input.batch, queries: input.queries, keys: input.keys, query: input.query,
            padding: Array(repeating: true, count: input.batch * input.keys))
        let bias = try #require(try one.floats("out_proj.bias"))
        let rows = compute(layer, hidden)
        #expect(rows == (0..<input.batch * input.queries).flatMap { _ in bias })
    }

    private static let small: JSON.Object = ["model_type": "multihead_attention", "embed_dim": 6, "num_heads": 2]

    @Test(
        "configurations that cannot be are refused",
        arguments: [
            ("embed_dim", JSON(0), "embed_dim"), ("embed_dim", 7, "multiple"), ("num_heads", -1, "num_heads"),
            ("embed_dim", JSON(1 << 40), "embed_dim"), ("kdim", 0, "kdim"), ("vdim", "x", "vdim"), ("bias", 3, "bias"),
            ("add_bias_kv", true, "add_bias_kv"), ("add_zero_attn", true, "add_zero_attn"),
            ("model_type", "bert", "model_type"),
        ] as [(String, JSON, String)])
    func wrongConfigurations(key: String, value: JSON, says: String) {
        var config = Self.small
        config[key] = value
        let error = #expect(throws: ModelError.self) { _ = try MultiHeadAttentionConfiguration(.object(config)) }
        #expect(error?.message.contains(says) == true)
    }

    @Test("archives that lack a tensor, or have one that is not computed, are refused")
    func wrongArchives() throws {
        let archive = try Case("plain", in: try Reference("mha_self")).archive()
        func changed(_ name: String, to other: String?) throws -> Safetensors {
            var sources = archive.tensors.filter { $0.name != name }.map { TensorSource($0, of: archive) }
            if let other { sources.append(TensorSource(other, .f32, shape: [1], [Float(0)])) }
            return try Safetensors(parsing: Safetensors.encode(metadata: archive.metadata, tensors: sources))
        }
        for name in archive.tensors.map(\.name) {
            #expect(throws: ModelError.self, "\(name)") { _ = try LoadedModel(changed(name, to: nil)) }
            #expect(throws: ModelError.self, "\(name)") { _ = try LoadedModel(changed(name, to: name)) }
        }
        let error = #expect(throws: ModelError.self) { _ = try LoadedModel(changed("", to: "bias_k")) }
        #expect(error?.message.contains("bias_k") == true)
    }

    @Test("inputs that do not fit are refused, whatever their sizes claim")
    func wrongInputs() throws {
        let same = try MultiHeadAttentionConfiguration(.object(Self.small))
        var wide = Self.small
        (wide["kdim"], wide["vdim"]) = (4, 3)
        let other = try MultiHeadAttentionConfiguration(.object(wide))
        let x = [Float](repeating: 0, count: 12)
        let wrong: [() throws -> MultiHeadAttentionInput] = [
            { try MultiHeadAttentionInput(same, batch: 0, queries: 2, keys: 2, query: []) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 2, keys: 0, query: x, key: []) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 3, keys: 3, query: x) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 2, keys: 3, query: x) },
            { try MultiHeadAttentionInput(same, batch: .max, queries: 2, keys: 2, query: x) },
            { try MultiHeadAttentionInput(same, batch: -1, queries: -2, keys: 2, query: x) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 2, keys: 1 << 62, query: x, key: x) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 2, keys: 2, query: x, value: [1]) },
            { try MultiHeadAttentionInput(other, batch: 1, queries: 2, keys: 2, query: x) },
            { try MultiHeadAttentionInput(other, batch: 1, queries: 2, keys: 1, query: x, key: [1, 2, 3, 4]) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 2, keys: 2, query: x, padding: [true]) },
            { try MultiHeadAttentionInput(same, batch: 1, queries: 2, keys: 2, query: x, mask: .boolean([true])) },
            {
                try MultiHeadAttentionInput(
                    same, batch: 1, queries: 2, keys: 2, query: x, mask: .additive(Array(repeating: 0, count: 6)))
            },
        ]
        for (index, make) in wrong.enumerated() {
            let error = #expect(throws: ModelError.self, "\(index)") { _ = try make() }
            #expect(error?.code == .invalidInput)
        }
        #expect(throws: Never.self) {
            try MultiHeadAttentionInput(
                other, batch: 1, queries: 2, keys: 1, query: x, key: [1, 2, 3, 4], value: [1, 2, 3],
                mask: .additive(Array(repeating: 0, count: 4)), padding: [false])
        }
    }
}
