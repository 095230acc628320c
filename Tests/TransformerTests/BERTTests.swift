import AttnMath
import Codecs
import Testing

@testable import Transformer

/// `transformers`' BERT, of random weights: tools/make_bert_vectors.py.
@Suite("BERT")
struct BERTTests {
    /// A ragged batch as padded reference vectors hold it.
    private struct Batch {
        let tokens: TokenBatch
        /// The places of the rows that are not padding, in the padded tensor.
        let rows: [Int]

        init(_ reference: Reference) throws {
            let shape = try reference.shape("input_ids")
            let (ids, mask) = (try reference.integers("input_ids"), try reference.integers("attention_mask"))
            let types = try reference.integers("token_type_ids")
            rows = ids.indices.filter { mask[$0] == 1 }
            tokens = TokenBatch(
                tokens: rows.map { Int32(ids[$0]) }, types: rows.map { Int32(types[$0]) },
                lengths: (0..<shape[0]).map { row in mask[row * shape[1]..<(row + 1) * shape[1]].reduce(0, +) })
        }

        func places(width: Int) -> [Int] { rows.flatMap { $0 * width..<($0 + 1) * width } }
    }

    @Test("every layer is the reference's", arguments: KernelVariant.available)
    func hiddenStates(variant: KernelVariant) throws {
        let (model, steps) = (try Reference("bert_model"), try Reference("bert_steps"))
        let encoder = try Encoder(model.file, kernel: AttentionKernel(variant))
        let batch = try Batch(steps)
        var states: [[Float]] = []
        let results = try #require(
            try encoder.infer(
                .tokens(batch.tokens), workspace: EncoderWorkspace(), each: { states.append(Array($1)) }))
        #expect(states.count == encoder.configuration.layers + 1)
        for (index, state) in states.enumerated() {
            try steps.expect(state, "hidden_states.\(index)", at: batch.places(width: encoder.configuration.hiddenSize))
        }
        try steps.expect(results.flatMap(\.values), "mean_pooled")
    }

    @Test("a classifier's logits are the reference's", arguments: KernelVariant.available)
    func logits(variant: KernelVariant) throws {
        let (model, steps) = (try Reference("bert_classifier_model"), try Reference("bert_classifier_steps"))
        let encoder = try Encoder(model.file, kernel: AttentionKernel(variant))
        #expect(encoder.configuration.labels == ["cold", "mild", "warm"])
        let batch = try Batch(steps)
        let results = try #require(try encoder.infer(.tokens(batch.tokens), workspace: EncoderWorkspace()))
        try steps.expect(results.flatMap(\.values), "logits")
        for case .logits(let logits) in results {
            #expect(abs(EncoderResult.probabilities(logits).reduce(0, +) - 1) < 1e-6)
        }
    }

    @Test("rows computed in pieces, cut anywhere, have the bits of rows computed together")
    func pieces() throws {
        let (model, steps) = (try Reference("bert_model"), try Reference("bert_steps"))
        let encoder = try Encoder(model.file)
        let batch = EncoderBatch.tokens(try Batch(steps).tokens)
        let (layout, width) = (try encoder.layout(of: batch), encoder.configuration.hiddenSize)
        let workspace = EncoderWorkspace()
        var hidden = [Float](repeating: 0, count: layout.rows * width)
        hidden.withUnsafeMutableBufferPointer {
            encoder.embed(batch, layout, into: $0.baseAddress!, workspace: workspace)
        }
        func compute(_ rows: Range<Int>) -> [Float] {
            var output = [Float](repeating: .nan, count: rows.count * width)
            hidden.withUnsafeBufferPointer { hidden in
                output.withUnsafeMutableBufferPointer { output in
                    encoder.computeLayer(
                        0, of: hidden.baseAddress!, layout, rows: rows, into: output.baseAddress!, workspace: workspace)
                }
            }
            return output
        }
        let whole = compute(0..<layout.rows)
        #expect(!whole.contains { !$0.isFinite })
        for first in 0..<layout.rows {
            for end in [first + 1, first + 7, layout.rows] where end <= layout.rows {
                let piece = compute(first..<end)
                let difference = zip(piece, whole[first * width..<end * width]).reduce(0) { max($0, abs($1.0 - $1.1)) }
                #expect(difference <= 1e-5, "rows \(first)..<\(end)")
            }
        }
    }

    @Test("a token that others do not attend to changes nothing but its own row")
    func mask() throws {
        let encoder = try Encoder(try Reference("bert_model").file)
        func embed(_ third: Int32) throws -> [Float] {
            let batch = TokenBatch(tokens: [5, 6, third, 8], lengths: [4], attended: [true, true, false, true])
            return try #require(try encoder.infer(.tokens(batch), workspace: EncoderWorkspace())).flatMap(\.values)
        }
        let (masked, other) = (try embed(7), try embed(99))
        #expect(masked == other)
    }

    @Test(
        "refuses what does not fit",
        arguments: [
            TokenBatch(tokens: [], lengths: []), TokenBatch(tokens: [1], lengths: [0]),
            TokenBatch(tokens: [1], lengths: [2]), TokenBatch(tokens: [101], lengths: [1]),
            TokenBatch(tokens: [-1], lengths: [1]), TokenBatch(tokens: [1], types: [2], lengths: [1]),
            TokenBatch(tokens: Array(repeating: 1, count: 33), lengths: [33]),
            TokenBatch(tokens: [1, 2], lengths: [2], attended: [true]), TokenBatch(tokens: [1], lengths: [.max, 2]),
        ])
    func wrongInput(batch: TokenBatch) throws {
        let encoder = try Encoder(try Reference("bert_model").file)
        let error = #expect(throws: ModelError.self) {
            _ = try encoder.infer(.tokens(batch), workspace: EncoderWorkspace())
        }
        #expect(error?.code == .invalidInput)
    }

    @Test("ends early when it is cancelled")
    func cancelled() throws {
        let encoder = try Encoder(try Reference("bert_model").file)
        let batch = EncoderBatch.tokens(TokenBatch(tokens: [1, 2], lengths: [2]))
        #expect(try encoder.infer(batch, workspace: EncoderWorkspace(), isCancelled: { true }) == nil)
    }
}
