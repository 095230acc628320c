import Codecs
import Compute
import Dispatcher
import Fleet

extension FuzzedDecoder {
    static let result = FuzzedDecoder("result", .safetensors) {
        try ResultMessage(decoding: $0)
    } verify: { result in
        let header = TaskHeader(
            job: result.job, shard: result.shard, attempt: result.attempt, lease: result.lease,
            incarnation: result.incarnation)
        let again = try ResultMessage(decoding: encoded(result, of: header))
        try requireEqual(again.status, result.status, "status")
        try requireEqual(again.lease, result.lease, "lease")
        try requireEqual(again.shard, result.shard, "shard")
        try require((result.tensors != nil) == (result.status == .done), "only what is done has tensors")
    }

    private static func encoded(_ result: ResultMessage, of task: TaskHeader) throws -> [UInt8] {
        switch result.status {
        case .done:
            try ResultMessage.encodeDone(
                task, queued: result.queued, compute: result.compute,
                tensors: result.tensors.map { file in file.tensors.map { TensorSource($0, of: file) } } ?? [])
        case .refused(let code): try ResultMessage.encodeRefused(task, code: code)
        case .failed(let code, let reason): try ResultMessage.encodeFailed(task, code: code, reason: reason)
        }
    }

    /// A result against one shard of a small job: two heads, two queries, three keys, values of four.
    static let partial = FuzzedDecoder("partial", .safetensors) { payload in
        guard let tensors = try ResultMessage(decoding: payload).tensors else { return nil as Partial? }
        let job = try smallJob.get()
        return try Partial(tensors, for: job.shard, of: job.problem)
    } verify: { partial in
        guard let partial else { return }
        _ = partial.isFinite
        try requireEqual(partial.output.count, 2 * 2 * 4, "elements of O")
        try requireEqual(partial.lse.count, 2 * 2, "elements of lse")
        try requireEqual(partial.scores?.count, 2 * 2 * 3, "number of scores")
    }

    private static let smallJob: Result<(problem: AttentionProblem, shard: Shard), any Error> = Result {
        func zeros(_ name: String, _ shape: [Int]) -> TensorSource {
            TensorSource(name, .f32, shape: shape, [Float](repeating: 0, count: shape.reduce(1, *)))
        }
        let payload = try Safetensors.encode(
            metadata: ["job": "j", "outputs": "Y,qk_matmul_output"],
            tensors: [zeros("Q", [1, 2, 2, 2]), zeros("K", [1, 1, 3, 2]), zeros("V", [1, 1, 3, 4])])
        let problem = try AttentionRequest(JobRequest(decoding: payload)).problem
        let plan = try planAttention(problem, limits: PlanLimits(slots: 1))
        return (problem, plan.shards[0])
    }
}
