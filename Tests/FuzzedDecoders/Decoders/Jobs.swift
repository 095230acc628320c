import Codecs
import Dispatcher
import Fleet

extension FuzzedDecoder {
    static let jobRequest = FuzzedDecoder("job-request", .safetensors) {
        try JobRequest(decoding: $0)
    } verify: { request in
        try requireEqual(JobRequest.claimedID(request.tensors.bytes), request.id, "the ID alone")
        let again = try JobRequest(
            decoding: JobRequest.encode(
                request.tensors, as: request.id, timeout: request.timeout, priority: request.priority,
                isDurable: request.isDurable, wantsUpdates: request.wantsUpdates))
        try requireEqual(again.id, request.id, "ID")
        try requireEqual(again.op, request.op, "op")
        try requireEqual(again.outputs, request.outputs, "outputs")
        try requireEqual(again.timeout, request.timeout, "timeout")
        try requireEqual(again.priority, request.priority, "priority")
        try requireEqual(again.isDurable, request.isDurable, "durable")
        try requireEqual(again.wantsUpdates, request.wantsUpdates, "updates")
    }

    /// A request that is taken can be planned or is too large to be; each of its tasks is one that a worker takes.
    static let attentionRequest = FuzzedDecoder("attention-request", .safetensors) {
        try AttentionRequest(JobRequest(decoding: $0))
    } verify: { request in
        let plan: AttentionPlan
        do throws(JobError) {
            plan = try planAttention(request.problem, limits: smallLimits)
        } catch {
            return try requireEqual(error.code, .tooLarge, "why no plan was made")
        }
        for rowGroup in plan.blocks.indices.prefix(8) {
            let shards = plan.shards.filter { $0.rowGroup == rowGroup }
            try requireEqual(shards.map(\.block), Array(0..<plan.blocks[rowGroup]), "blocks of a row group")
        }
        for (index, shard) in plan.shards.enumerated().prefix(8) {
            let header = TaskHeader(
                op: request.op.rawValue, job: try job(), shard: index, attempt: 1,
                lease: LeaseToken(epoch: 1, number: UInt64(index)), incarnation: Incarnation(1))
            let task = try TaskMessage(decoding: request.encodeTask(header, for: shard))
            try requireEqual(task.queries, shard.queries.count, "queries of a task")
            try requireEqual(task.keys, shard.keys.count, "keys of a task")
        }
    }

    /// Such that an input of a few kilobytes is cut in every dimension.
    private static let smallLimits = PlanLimits(slots: 5, messageBytes: 512, smallestFlops: 64)

    private static func job() throws -> JobID {
        guard let id = JobID("j") else { throw BrokenProperty("'j' is no job ID") }
        return id
    }

    /// Metadata as a JSON object of texts.
    static let attentionAttributes = FuzzedDecoder("attention-attributes", .json) { payload in
        let object = try JSON(parsing: payload).object()
        let fields = object.members.compactMap { member in member.value.stringValue.map { (member.key, $0) } }
        return try AttentionAttributes(Dictionary(uniqueKeysWithValues: fields))
    }

    static let jobAnswer = FuzzedDecoder("job-answer", .safetensors) {
        try JobAnswer(decoding: $0)
    } verify: { answer in
        let error = answer.errorCode.flatMap { JobError.Code(rawValue: $0) }.map {
            JobError($0, answer.errorMessage ?? "", retryAfter: answer.retryAfter)
        }
        let tensors = answer.tensors.map { file in file.tensors.map { TensorSource($0, of: file) } } ?? []
        let again = try JobAnswer(
            decoding: JobAnswer.encode(
                job: answer.job, status: answer.status, error: error, report: answer.report, tensors: tensors))
        try requireEqual(again.job, answer.job, "job")
        try requireEqual(again.status, answer.status, "status")
        try requireEqual(again.report, answer.report, "report")
        guard error != nil else { return }
        try requireEqual(again.errorCode, answer.errorCode, "error")
        try requireEqual(again.retryAfter, answer.retryAfter, "retry_after_ms")
    }
}
