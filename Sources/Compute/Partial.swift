public import Codecs
public import Fleet

/// Attention over some of a row's keys: O normalised over them, and their log-sum-exp. float32, row-major.
public struct Partial: Sendable {
    /// O [query heads, queries, value head size].
    public let output: [Float]
    /// lse [query heads, queries].
    public let lse: [Float]

    public init(output: [Float], lse: [Float]) {
        self.output = output
        self.lse = lse
    }

    /// `O` and `lse` as the tensors of a task's result.
    public func sources(for task: TaskMessage) -> [TensorSource] {
        let rows = [task.queryHeads, task.queries]
        return [
            TensorSource("O", .f32, shape: rows + [task.valueHeadSize], output),
            TensorSource("lse", .f32, shape: rows, lse),
        ]
    }
}
