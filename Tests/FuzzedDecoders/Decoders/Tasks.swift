import AttnMath
import Codecs
import Compute
import Fleet

extension FuzzedDecoder {
    static let task = FuzzedDecoder("task", .safetensors) {
        try TaskMessage(decoding: $0) { _ in keptContext }
    } verify: { task in
        try requireEqual(try TaskMessage.header(of: task.tensors.bytes), task.header, "the header alone")
        let sources = task.tensors.tensors.map { TensorSource($0, of: task.tensors) }
        let again = try TaskMessage(
            decoding: TaskMessage.encode(
                task.header, task.attributes, context: task.context.digest, tensors: sources)
        ) { _ in keptContext }
        try requireEqual(again.context.digest, task.context.digest, "digest of the keys and values")
        try requireEqual(again.header, task.header, "header")
        try requireEqual(again.attributes, task.attributes, "attributes")
        for (left, right) in [(again.q, task.q), (again.k, task.k), (again.v, task.v)] {
            try requireEqual(left.shape, right.shape, "the shape of \(right.name)")
        }
    }

    /// A task that is taken is computed, whatever its numbers; its partial is what the dispatcher asked for.
    static let taskComputation = FuzzedDecoder("task-computation", .safetensors, bound: .ofComputations) { payload in
        try compute(TaskMessage(decoding: payload) { _ in keptContext })
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

    /// Whatever digest a task names, it finds these: one head of three keys, head size 2.
    private static let keptContext: AttentionContext? = {
        let header = TaskHeader(
            job: JobID("kept")!, shard: 0, attempt: 1, lease: LeaseToken(epoch: 1, number: 1),
            incarnation: Incarnation(1))
        let tensors = [("Q", 1), ("K", 3), ("V", 3)].map { name, rows in
            TensorSource(name, .f32, shape: [1, rows, 2], [Float](repeating: 0.5, count: 2 * rows))
        }
        do {
            let payload = try TaskMessage.encode(
                header, TaskAttributes(scale: 1), context: BlobDigest(bytes: Array(repeating: 0, count: 32)),
                tensors: tensors)
            return try TaskMessage(decoding: payload).context
        } catch { preconditionFailure("a sample that cannot be read: \(error)") }
    }()

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
