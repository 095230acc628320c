// A job without a fleet: its plan, its tasks and results as bytes, and what comes out, compared with the reference.
//
// The tolerance follows the design: an answer may be twice as far from the exact one as the obvious float32 way, and
// a little more where that is exact by luck, all over the largest value |v|, since every output is a mean of values:
// 8 roundings of its own, and with each merge one rounding of O and one of the weights, whose exponents are known to
// ε·|lse| each. Half-precision outputs are rounded once more, by half a unit in the last place.

import AttnMath
import Codecs
import Compute
@testable import Dispatcher
import Fleet
import Testing

struct JobInMemory {
    let sample: AttentionSample
    let attention: AttentionRequest
    let plan: AttentionPlan

    init(_ sample: AttentionSample, _ limits: PlanLimits) throws {
        try self.init(try sample.attention(), limits, sample)
    }

    init(
        _ attention: AttentionRequest, _ limits: PlanLimits, _ sample: AttentionSample = AttentionSample()
    ) throws {
        self.sample = sample
        self.attention = attention
        var limits = limits
        limits.wire = attention.wire
        plan = try planAttention(attention.problem, limits: limits)
    }

    /// The answer's tensors, with results taken in the plan's order or the other way round.
    func answer(reversed: Bool = false) throws -> Safetensors {
        var assembly = Assembly(attention.problem, plan)
        var workspace = Workspace()
        for index in reversed ? plan.shards.indices.reversed() : Array(plan.shards.indices) {
            let partial = try compute(index, &workspace)
            #expect(partial.isFinite || attention.mayBeNonFinite())
            assembly.take(partial, shard: index)
        }
        #expect(assembly.isComplete)
        let payload = try JobAnswer.encode(job: "j", status: .done, tensors: assembly.sources(for: attention))
        return try #require(try JobAnswer(decoding: payload).tensors)
    }

    /// One shard, over the bytes of a task and of its result.
    private func compute(_ index: Int, _ workspace: inout Workspace) throws -> Partial {
        let header = TaskHeader(
            op: attention.op.rawValue, job: try #require(JobID("j")), shard: index, attempt: 1,
            lease: LeaseToken(epoch: 1, number: 1), incarnation: Incarnation(1))
        let shard = plan.shards[index]
        let task = try TaskMessage(decoding: attention.encodeTask(header, for: shard))
        guard case .done(let partial) = BlockComputation(task, kernel: .best, cancel: CancelFlag()).run(&workspace)
        else { throw JobError(.shardFailed, "\(shard)") }
        let result = try ResultMessage(
            decoding: ResultMessage.encodeDone(
                task.header, queued: .zero, compute: .zero, tensors: partial.sources(for: task)))
        return try Partial(try #require(result.tensors), for: shard, of: attention.problem)
    }

    // MARK: The comparison

    /// The first way in which the answer is not the operator's; nil if there is none.
    func firstDeviation(
        from exact: OperatorAnswer<Double>, _ naive: OperatorAnswer<Float>
    ) throws -> String? {
        let file = try answer()
        let wanted =
            ["Y"] + (sample.scoreOutput == nil ? [] : ["qk_matmul_output"])
            + (sample.wantsPresent ? ["present_key", "present_value"] : [])
        guard Set(file.tensors.map(\.name)) == Set(wanted) else { return "outputs \(file.tensors.map(\.name))" }
        return try outputDeviation(file, exact, naive) ?? scoreDeviation(file, exact, naive) ?? presentDeviation(file)
    }

    private func outputDeviation(
        _ file: Safetensors, _ exact: OperatorAnswer<Double>, _ naive: OperatorAnswer<Float>
    ) throws -> String? {
        let (heads, queries, size) = (sample.queryHeads, sample.queries, sample.valueHeadSize)
        let shape =
            sample.isPacked
            ? [sample.batch, queries, heads * size] : [sample.batch, heads, queries, size]
        let (expected, rough) =
            sample.isPacked
            ? (
                sample.packed(exact.output, heads: heads, length: queries, size: size),
                sample.packed(naive.output, heads: heads, length: queries, size: size)
            ) : (exact.output, naive.output)
        let largestLSE = exact.lse.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
        let blocks = Double(plan.blocks.max() ?? 0)
        // Values are within -1 ..< 1.
        let slack = epsilon * (8 + blocks * (2 + 2 * largestLSE))
        return try deviation("Y", shape, file, expected, rough, slack: slack)
    }

    /// Scores are sums of their own, with a tanh of a few roundings over a softcap; probabilities have exponents known
    /// to ε·(|score| + |lse|), and lse one rounding more with each merge.
    private func scoreDeviation(
        _ file: Safetensors, _ exact: OperatorAnswer<Double>, _ naive: OperatorAnswer<Float>
    ) throws -> String? {
        guard let output = sample.scoreOutput else { return nil }
        let shape = [sample.batch, sample.queryHeads, sample.queries, sample.allKeys]
        let largest = Double(
            max(exact.largestScore, exact.scores.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }))
        let largestLSE = exact.lse.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
        let slack =
            output == .probabilities
            ? epsilon * (8 + (3 + Double(plan.blocks.max() ?? 0)) * (largest + largestLSE))
            : epsilon * 8 * max(largest, Double(sample.softcap ?? 0))
        return try deviation("qk_matmul_output", shape, file, exact.scores, naive.scores, slack: slack)
    }

    /// Caches are copied, so every bit is theirs.
    private func presentDeviation(_ file: Safetensors) throws -> String? {
        guard sample.wantsPresent else { return nil }
        for (name, numbers, size, type) in [
            ("present_key", sample.k, sample.keySize, sample.type),
            ("present_value", sample.v, sample.valueHeadSize, sample.valueType ?? sample.type),
        ] {
            let tensor = try file.tensor(name)
            guard tensor.type == type, tensor.shape == [sample.batch, sample.kvHeads, sample.allKeys, size] else {
                return "\(name) is \(tensor.type) \(tensor.shape)"
            }
            guard try decode(file.bytes[tensor.byteRange], type) == numbers else { return "\(name) differs" }
        }
        return nil
    }

    private func deviation(
        _ name: String, _ shape: [Int], _ file: Safetensors, _ exact: [Double], _ naive: [Float], slack: Double
    ) throws -> String? {
        let tensor = try file.tensor(name)
        guard tensor.type == sample.type, tensor.shape == shape else {
            return "\(name) is \(tensor.type.rawValue) \(tensor.shape), not \(sample.type.rawValue) \(shape)"
        }
        let got = try decode(file.bytes[tensor.byteRange], tensor.type)
        let naiveError = zip(naive, exact).reduce(0) { $1.1.isFinite ? max($0, (Double($1.0) - $1.1).magnitude) : $0 }
        let bound = 2 * naiveError + slack
        for (index, (value, exactValue)) in zip(got, exact).enumerated() {
            guard exactValue.isFinite else {
                guard Double(value) == exactValue else { return "\(name)[\(index)] is \(value), not \(exactValue)" }
                continue
            }
            let allowed = bound + sample.type.halfUnit(of: exactValue.magnitude + bound)
            guard (Double(value) - exactValue).magnitude <= allowed else {
                return "\(name)[\(index)] is \(value), exactly \(exactValue), bound \(allowed)"
            }
        }
        return nil
    }

    private var epsilon: Double { 0x1p-24 }
}
