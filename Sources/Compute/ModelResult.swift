public import Codecs
public import Transformer

/// What a model's task gives: one tensor.
public struct ModelResult: Sendable {
    public let name: String
    public let shape: [Int]
    public let values: [Float]

    public init(name: String, shape: [Int], values: [Float]) {
        self.name = name
        self.shape = shape
        self.values = values
    }

    /// `embedding` [sequences, hidden size], or `logits` [sequences, classes].
    public init(_ results: [EncoderResult]) {
        var values: [Float] = []
        var name = "embedding"
        for result in results {
            switch result {
            case .embedding(let row): values += row
            case .logits(let row):
                name = "logits"
                values += row
            }
        }
        self.init(name: name, shape: [results.count, values.count / max(results.count, 1)], values: values)
    }

    public var source: TensorSource { TensorSource(name, .f32, shape: shape, values) }
}
