public import Codecs
public import Fleet

/// Attention over some of a row's keys: O normalised over them, and their log-sum-exp. float32, row-major.
public struct Partial: Sendable {
    /// O [query heads, queries, value head size].
    public let output: [Float]
    /// lse [query heads, queries].
    public let lse: [Float]
    /// The scores [query heads, queries, keys], at the stage that the task asks for; nil if it asks for none.
    public let scores: [Float]?

    public init(output: [Float], lse: [Float], scores: [Float]? = nil) {
        self.output = output
        self.lse = lse
        self.scores = scores
    }

    /// `O`, `lse` and, if there, `qk_matmul_output` as the tensors of a task's result.
    public func sources(for task: TaskMessage) -> [TensorSource] {
        let rows = [task.queryHeads, task.queries]
        var sources = [
            TensorSource("O", .f32, shape: rows + [task.valueHeadSize], output),
            TensorSource("lse", .f32, shape: rows, lse),
        ]
        if let scores { sources.append(TensorSource("qk_matmul_output", .f32, shape: rows + [task.keys], scores)) }
        return sources
    }
}
