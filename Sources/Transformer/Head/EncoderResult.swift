import Glibc

/// What a model makes of one sequence.
public enum EncoderResult: Sendable, Equatable {
    /// Of a model without a classifier: [hiddenSize].
    case embedding([Float])
    /// Of a classifier: before softmax, one a class.
    case logits([Float])
}

extension EncoderResult {
    /// The embedding, or the logits.
    public var values: [Float] {
        switch self {
        case .embedding(let values), .logits(let values): values
        }
    }

    /// The softmax of the logits, which add up to 1; computed in double precision.
    public static func probabilities(_ logits: [Float]) -> [Float] {
        guard let most = logits.max(), most.isFinite else { return logits }
        let powers = logits.map { exp(Double($0 - most)) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
    }
}
