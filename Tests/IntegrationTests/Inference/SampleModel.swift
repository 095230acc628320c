import Codecs
import Compute
import Dispatcher
import Fleet
import Foundation
import Models
import Testing
import Transformer

/// The tiny BERT of the reference vectors, as a folder among a dispatcher's models, and what it makes here.
struct SampleModel {
    let library: ModelLibrary
    private let model: Model

    static let name = "tiny"

    /// - Parameter folder: of the models; the caller removes it.
    init(in folder: String) throws {
        let vectors = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../TransformerTests/Vectors/bert_model.safetensors").standardizedFileURL
        let own = "\(folder)/\(Self.name)"
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        let bytes = try Data(contentsOf: vectors)
        try bytes.write(to: URL(fileURLWithPath: "\(own)/model.safetensors"))
        let config = try #require(try Safetensors(parsing: Array(bytes)).metadata["config"])
        try Data(config.utf8).write(to: URL(fileURLWithPath: "\(own)/config.json"))
        library = try ModelLibrary(folder: folder)
        model = try Model(folder: own, hasLayers: true)
    }

    var heads: Int { model.configuration.heads }

    /// Texts of lengths that no number of workers divides, made of numbers drawn from a seed.
    func batch(lengths: [Int] = [19, 1, 7, 24, 2], seed: UInt64 = 1) -> EncoderBatch {
        var random = SeededGenerator(seed: seed)
        let rows = lengths.reduce(0, +)
        return .tokens(
            TokenBatch(
                tokens: (0..<rows).map { _ in Int32.random(in: 0..<101, using: &random) },
                types: (0..<rows).map { _ in Int32.random(in: 0...1, using: &random) }, lengths: lengths))
    }

    func request(_ batch: EncoderBatch, strategy: String) throws -> Safetensors {
        try Safetensors(
            parsing: Safetensors.encode(
                metadata: ["op": "Infer", "model": Self.name, "strategy": strategy], tensors: batch.sources))
    }

    /// Expects an answer to be what this process computes of the whole batch at once.
    ///
    /// The kernels sum in the same order whatever rows come together, but may tile the last rows otherwise: a few roundings
    /// of embeddings that are about 1 in size, over three layers.
    func check(_ answer: JobAnswer, _ batch: EncoderBatch) throws {
        try #require(answer.status == .done, "\(answer.errorMessage ?? "")")
        let found = try #require(answer.inference).results
        let expected = try #require(try model.encoder.infer(batch, workspace: EncoderWorkspace()))
        try #require(found.count == expected.count)
        for (one, other) in zip(found, expected) {
            let difference = zip(one.values, other.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
            #expect(one.values.count == other.values.count && difference <= 1e-5)
        }
    }
}

/// Runs `body` with a fleet that knows the sample model.
func withModelFleet(
    workers: Int, workerArguments: [String] = [], _ body: (TestFleet, SampleModel) async throws -> Void
) async throws {
    let folder = NSTemporaryDirectory() + "attn-models-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let sample = try SampleModel(in: folder)
    try await withTestFleet(
        workers: workers, workerArguments: workerArguments, adjust: { $0.models = sample.library }
    ) { try await body($0, sample) }
}
