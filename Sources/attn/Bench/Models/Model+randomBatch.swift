import Fleet
import Models
import Transformer

extension Model {
    /// Inputs of random numbers, the same each time: what they are does not matter to the time taken.
    func randomBatch(tokens: Int, sequences: Int = 1) -> EncoderBatch {
        var random = SeededGenerator(seed: 1)
        switch configuration.input {
        case .tokens(let input):
            let ids = (0..<sequences * tokens).map { _ in
                Int32.random(in: 0..<Int32(input.vocabularySize), using: &random)
            }
            return .tokens(TokenBatch(tokens: ids, lengths: Array(repeating: tokens, count: sequences)))
        case .series(let input):
            let count = sequences * input.channels * input.length
            let values = (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
            return .series(
                SeriesBatch(values: values, windows: sequences, channels: input.channels, length: input.length))
        }
    }
}
