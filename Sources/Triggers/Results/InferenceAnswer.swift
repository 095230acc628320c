/// What a model said of a window.
public struct InferenceAnswer: Sendable, Equatable {
    /// The fleet's name of the job that was done.
    public var job: String
    /// Of classes, in the order of their scores; empty if the model names none.
    public var labels: [String]
    /// Of each class, or outputs of a regression.
    public var scores: [Float]
    /// Empty if the model gives none.
    public var embedding: [Float]
    /// Those that computed it.
    public var workers: [String]

    public init(
        job: String, labels: [String] = [], scores: [Float] = [], embedding: [Float] = [], workers: [String] = []
    ) {
        self.workers = workers
        self.job = job
        self.labels = labels
        self.scores = scores
        self.embedding = embedding
    }

    /// The position of the highest score, the first of equals; NaN is never highest.
    var best: Int? {
        scores.indices.filter { !scores[$0].isNaN }.reduce(nil) { best, next in
            best.map { scores[next] > scores[$0] ? next : $0 } ?? next
        }
    }
}
