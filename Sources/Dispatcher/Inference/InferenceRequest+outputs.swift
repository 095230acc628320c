import Codecs
import Compute
import Fleet
import Models
import Transformer

/// What all strategies answer, and check of results.
extension InferenceRequest {
    var configuration: EncoderConfiguration { model.configuration }

    /// Of the outputs as they are put together.
    var outputBytes: Int {
        4 * layout.lengths.count
            * (configuration.labels.isEmpty ? configuration.hiddenSize : 2 * configuration.labels.count)
    }

    func outputs(_ results: [EncoderResult]) -> [TensorSource] {
        let tensor = ModelResult(results)
        guard !configuration.labels.isEmpty else { return [tensor.source] }
        let scores = results.flatMap { EncoderResult.probabilities($0.values) }
        return [tensor.source, TensorSource("scores", .f32, shape: tensor.shape, scores)]
    }

    func plan(_ strategy: InferenceStrategy, shards: Int, stages: Int) -> JSON.Object {
        [
            "strategy": .string(strategy.rawValue), "shards": JSON(shards), "stages": JSON(stages),
            "model": .string(model.name), "digest": .string(model.digest.description),
            "sequences": JSON(layout.lengths.count), "rows": JSON(layout.rows), "labels": JSON(configuration.labels),
        ]
    }
}

extension Safetensors {
    /// The numbers of a worker's result.
    /// - Parameter mustBeFinite: as those of encoders are: weights and inputs are finite, and every layer ends in a norm.
    /// - Throws: `InvalidPartial` unless they are of that name and shape, and finite if they must be.
    func rows(_ name: String, _ shape: [Int], mustBeFinite: Bool = true) throws(InvalidPartial) -> ShardOutput {
        guard let tensor = self[name], tensor.shape == shape, let values = try? elements(of: tensor, as: Float.self)
        else { throw InvalidPartial(description: "\(name) is \(self[name]?.shape ?? []), not F32 \(shape)") }
        guard !mustBeFinite || values.allSatisfy(\.isFinite) else {
            throw InvalidPartial(description: "it holds NaN or infinity")
        }
        return .rows(values)
    }
}
