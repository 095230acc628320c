import AttnMath
import Codecs
import Testing

@testable import Transformer

/// Encoders cut by heads and columns.
@Suite("Slices of a model")
struct SliceTests {
    /// Computes layer after layer from slices alone; calls `each` with the rows after each layer.
    private func compute(
        _ archive: Safetensors, shares: [Double], _ batch: EncoderBatch, _ variant: KernelVariant,
        each: (Int, [Float]) throws -> Void
    ) throws {
        let whole = try Encoder(archive, kernel: AttentionKernel(variant), hasLayers: false)
        let slices = try ModelSlice.cut(whole.configuration, shares: shares).map {
            try SlicedEncoder(
                Safetensors(parsing: ModelArchive.encode($0, of: archive)), kernel: AttentionKernel(variant))
        }
        let layout = try whole.layout(of: batch)
        let workspace = EncoderWorkspace()
        var rows = [Float](repeating: 0, count: layout.rows * whole.configuration.hiddenSize)
        rows.withUnsafeMutableBufferPointer {
            whole.embed(batch, layout, into: $0.baseAddress!, workspace: workspace)
        }
        for layer in 0..<whole.configuration.layers {
            for step in LayerStep.allCases {
                let summands = slices.map { slice in
                    var sum = [Float](repeating: .nan, count: rows.count)
                    rows.withUnsafeBufferPointer { rows in
                        sum.withUnsafeMutableBufferPointer { sum in
                            slice.compute(
                                step, of: layer, rows.baseAddress!, layout, attended: batch.attended,
                                into: sum.baseAddress!, workspace: workspace)
                        }
                    }
                    return sum
                }
                whole.combine(step, of: layer, summands, into: &rows)
            }
            try each(layer, rows)
        }
    }

    @Test(
        "add up to the reference's hidden states, however they are cut",
        arguments: KernelVariant.available, [[1], [1, 1], [3, 1], [1, 5, 1], [1, 1, 1, 1, 1, 1, 1, 1]])
    func hiddenStates(variant: KernelVariant, shares: [Double]) throws {
        let (model, steps) = (try Reference("bert_model"), try Reference("bert_steps"))
        let shape = try steps.shape("input_ids")
        let (ids, mask) = (try steps.integers("input_ids"), try steps.integers("attention_mask"))
        let types = try steps.integers("token_type_ids")
        let rows = ids.indices.filter { mask[$0] == 1 }
        let batch = TokenBatch(
            tokens: rows.map { Int32(ids[$0]) }, types: rows.map { Int32(types[$0]) },
            lengths: (0..<shape[0]).map { row in mask[row * shape[1]..<(row + 1) * shape[1]].reduce(0, +) })
        let width = try ModelArchive.configuration(of: model.file).hiddenSize
        try compute(model.file, shares: shares, .tokens(batch), variant) { layer, state in
            try steps.expect(
                state, "hidden_states.\(layer + 1)", at: rows.flatMap { $0 * width..<($0 + 1) * width }, "\(shares)")
        }
    }

    @Test("hold each head and column once, none of them nothing, near the shares asked for")
    func cut() throws {
        let configuration = try ModelArchive.configuration(of: try Reference("bert_model").file)
        for shares in [[1], [1, 1, 1], [7, 1, 1, 1], [1e-9, 1], [1, 1e9], Array(repeating: 1.0, count: 100)] {
            let slices = ModelSlice.cut(configuration, shares: shares)
            #expect(slices.count == min(shares.count, configuration.heads))
            #expect(slices.flatMap(\.heads) == Array(0..<configuration.heads))
            #expect(slices.flatMap(\.columns) == Array(0..<configuration.intermediateSize))
        }
        #expect(Range.cut(100, shares: [3, 1]) == [0..<75, 75..<100])
        #expect(Range.cut(3, shares: [1, 1, 100]) == [0..<1, 1..<2, 2..<3])
    }

    @Test("weigh together what the model weighs, without its embeddings")
    func sizes() throws {
        let archive = try Reference("bert_model").file
        let configuration = try ModelArchive.configuration(of: archive)
        let slices = try ModelSlice.cut(configuration, shares: [2, 1]).map {
            try SlicedEncoder(Safetensors(parsing: ModelArchive.encode($0, of: archive)))
        }
        let whole = try Encoder(archive).byteCount
        // Packed weights are padded to whole tiles, and the summed layers have no bias in a slice.
        #expect(abs(slices.reduce(0) { $0 + $1.byteCount } - whole) < whole / 3)
    }

    @Test(
        "of archives that are none are refused, with the reason",
        arguments: [
            ("heads", "0-9", "'heads'"), ("heads", "2-1", "'heads'"), ("heads", "1-1", "'heads'"),
            ("heads", "", "'heads'"),
            ("heads", "-1-2", "'heads'"), ("columns", "0-97", "'columns'"), ("columns", "x", "'columns'"),
            ("heads", "0-2", "is [12"),
        ])
    func wrongArchives(key: String, value: String, says: String) throws {
        let archive = try Reference("bert_model").file
        let slice = try Safetensors(
            parsing: ModelArchive.encode(ModelSlice(heads: 0..<1, columns: 0..<5), of: archive))
        var metadata = slice.metadata
        metadata[key] = value
        let changed = try Safetensors(
            parsing: Safetensors.encode(
                metadata: metadata, tensors: slice.tensors.map { TensorSource($0, of: slice) }))
        let error = #expect(throws: ModelError.self) { _ = try LoadedModel(changed) }
        #expect(error?.code == .malformed && error?.message.contains(says) == true, "\(error?.message ?? "")")
    }
}
