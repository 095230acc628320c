public import Codecs
public import Transformer

extension EncoderResult {
    /// `{"embedding": […]}`; or `{"label": …, "score": …, "scores": {label: score, …}}`.
    public func json(labels: [String]) -> JSON {
        switch self {
        case .embedding(let row): return ["embedding": .array(row.map { JSON(Double($0)) })]
        case .logits(let logits):
            let scores = EncoderResult.probabilities(logits)
            let best = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            let pairs = zip(labels, scores).map { ($0, JSON(Double($1))) }
            return [
                "label": .string(labels[best]), "score": JSON(Double(scores[best])),
                "scores": .object(JSON.Object(pairs)),
            ]
        }
    }
}
