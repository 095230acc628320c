import AttnMath
import Codecs
import Compute
import Fleet

extension FuzzedDecoder {
    static let task = FuzzedDecoder("task", .safetensors) {
        try TaskMessage(decoding: $0)
    } verify: { task in
        try requireEqual(try TaskMessage.header(of: task.tensors.bytes), task.header, "the header alone")
        let sources = task.tensors.tensors.map { TensorSource($0, of: task.tensors) }
        let again = try TaskMessage(decoding: TaskMessage.encode(task.header, task.attributes, tensors: sources))
        try requireEqual(again.header, task.header, "header")
        try requireEqual(again.attributes, task.attributes, "attributes")
        for (left, right) in [(again.q, task.q), (again.k, task.k), (again.v, task.v)] {
            try requireEqual(left.shape, right.shape, "the shape of \(right.name)")
        }
    }

    /// A task that is taken is computed, whatever its numbers; its partial is what the dispatcher asked for.
    static let taskComputation = FuzzedDecoder("task-computation", .safetensors, bound: .ofComputations) { payload in
        try compute(TaskMessage(decoding: payload))
    } verify: { computed in
        guard let (task, partial) = computed else { return }
        let rows = task.queryHeads * task.queries
        try requireEqual(partial.output.count, rows * task.valueHeadSize, "elements of O")
        try requireEqual(partial.lse.count, rows, "elements of lse")
        try requireEqual(
            partial.scores?.count, task.attributes.scoreOutput.map { _ in rows * task.keys }, "number of scores")
        let payload = try ResultMessage.encodeDone(
            task.header, queued: .zero, compute: .zero, tensors: partial.sources(for: task))
        try requireEqual(try ResultMessage(decoding: payload).status, .done, "status of the result")
    }

    /// Nil if the work were more than a fuzzer has time for.
    private static func compute(_ task: TaskMessage) throws -> (TaskMessage, Partial)? {
        let size = max(task.headSize, task.keySize, task.weights?.hiddenSize ?? 0) + task.valueHeadSize
        let (pairs, overflow) = (task.queryHeads * task.queries).multipliedReportingOverflow(by: task.keys)
        guard !overflow, pairs <= mostMultiplications / size else { return nil }
        if let weights = task.weights {
            let rows = task.queryHeads * task.queries + task.kvHeads * task.keys
            guard rows <= mostMultiplications / weights.hiddenSize / size else { return nil }
        }
        var workspace = Workspace()
        let computation = BlockComputation(task, kernel: .best, cancel: CancelFlag())
        switch computation.run(&workspace) {
        case .done(let partial): return (task, partial)
        case .cancelled: throw BrokenProperty("a computation that nobody cancelled was")
        case .failed(let reason): throw BrokenProperty("a task was taken that cannot be computed: \(reason)")
        }
    }

    private static let mostMultiplications = 1 << 20
}

extension AllocationBound {
    /// A kernel's tiles, and O, scores and projections, which the work is a bound of.
    fileprivate static let ofComputations = AllocationBound(fixed: 16 << 20, perByte: 256)
}
