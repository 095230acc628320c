import AttnMath
import Codecs
import Foundation
import Testing

@testable import Transformer

/// The models of `models/`, as PyTorch computes them: tools/make_sensor_vectors.py.
@Suite("Sensor transformers")
struct SensorTests {
    private static let models = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../models").standardizedFileURL

    private func encoder(_ name: String, _ variant: KernelVariant) throws -> Encoder {
        let folder = Self.models.appendingPathComponent(name)
        let weights = try Safetensors(
            parsing: Array(Data(contentsOf: folder.appendingPathComponent("model.safetensors"))))
        let config = try JSON(
            parsing: String(contentsOf: folder.appendingPathComponent("config.json"), encoding: .utf8))
        return try Encoder(weights, EncoderConfiguration(config), kernel: AttentionKernel(variant))
    }

    @Test(
        "every step is PyTorch's", arguments: ["basic-motions", "italy-power-demand"], KernelVariant.available)
    func steps(name: String, variant: KernelVariant) throws {
        let reference = try Reference("sensor_" + name.replacingOccurrences(of: "-", with: "_"))
        let encoder = try encoder(name, variant)
        let shape = try reference.shape("x")
        let batch = SeriesBatch(
            values: try reference.file.elements(of: reference.file.tensor("x"), as: Float.self), windows: shape[0],
            channels: shape[1], length: shape[2])
        var states: [[Float]] = []
        let results = try #require(
            try encoder.infer(
                .series(batch), workspace: EncoderWorkspace(), each: { states.append(Array($1)) }))
        for (index, state) in states.enumerated() { try reference.expect(state, "hidden_states.\(index)") }
        try reference.expect(results.flatMap(\.values), "logits")
    }

    @Test("windows of another shape, or with a reading that is no number, are refused")
    func wrongInput() throws {
        let encoder = try encoder("basic-motions", .best)
        let good = [Float](repeating: 1, count: 600)
        var bad = good
        bad[77] = .nan
        for batch in [
            SeriesBatch(values: bad, windows: 1, channels: 6, length: 100),
            SeriesBatch(values: good, windows: 1, channels: 100, length: 6),
            SeriesBatch(values: good, windows: 2, channels: 6, length: 100),
            SeriesBatch(values: [], windows: 0, channels: 6, length: 100),
            SeriesBatch(values: [], windows: .max, channels: 6, length: 100),
        ] {
            let error = #expect(throws: ModelError.self) {
                _ = try encoder.infer(.series(batch), workspace: EncoderWorkspace())
            }
            #expect(error?.code == .invalidInput)
        }
    }
}
