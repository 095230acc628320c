public import Codecs

/// A problem and how to measure it: on how many threads, and how often.
public struct KernelRequest: Sendable, Equatable {
    public let problem: KernelProblem
    public let threads: Int
    public let runs: Int

    /// Throws `ProblemError` for a number out of range.
    public init(_ problem: KernelProblem, threads: Int = 1, runs: Int = defaultRuns) throws {
        for (name, value, most) in [("threads", threads, 1024), ("runs", runs, 100_000)]
        where !(1...most).contains(value) {
            throw ProblemError.dimension(name: name, value: value, most: most)
        }
        self.problem = problem
        self.threads = threads
        self.runs = runs
    }

    public static let defaultRuns = 9

    /// Reads a request from JSON: members are named as in a result, and those that the command line may leave out may
    /// be left out here. Throws `JSONError`, `ProblemError` or `ShapeError`.
    public init(_ object: JSON.Object) throws {
        let known = ["heads", "queries", "keys", "head_size"] + Self.optionalKeys
        for key in object.keys where !known.contains(key) { throw JSONError.unexpected(path: key) }
        let problem = try KernelProblem(
            heads: try object.int("heads"), kvHeads: try object.optionalInt("kv_heads"),
            queries: try object.int("queries"), keys: try object.int("keys"), headSize: try object.int("head_size"),
            valueHeadSize: try object.optionalInt("value_head_size"),
            dtype: try object.optionalString("dtype").map(DType.init(named:)) ?? .f32,
            isCausal: try object.optionalBool("causal") ?? false, window: try object.optionalInt("window"))
        try self.init(
            problem, threads: try object.optionalInt("threads") ?? 1,
            runs: try object.optionalInt("runs") ?? Self.defaultRuns)
    }

    private static let optionalKeys = [
        "kv_heads", "value_head_size", "dtype", "causal", "window", "threads", "runs",
    ]
}
