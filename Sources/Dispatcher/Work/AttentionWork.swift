package import Codecs
import Compute
import Fleet

/// An attention job: its plan, and its output as partials are merged.
struct AttentionWork: JobWork {
    let attention: AttentionRequest
    let attentionPlan: AttentionPlan
    /// Made when it is first needed: a job that waits in the journal takes no memory for its output.
    private var assembly: Assembly?
    /// Whether the inputs can make an output that is not finite; found out when one is.
    private var mayBeNonFinite: Bool?

    /// The keys and values that one worker gets several shards of, with their digests once these are needed.
    private var contexts: [ContextPlace: BlobDigest?]

    /// What was predicted, if the workers were known.
    private let prediction: FleetPlan?

    init(_ attention: AttentionRequest, _ plan: AttentionPlan, prediction: FleetPlan? = nil) {
        self.attention = attention
        attentionPlan = plan
        self.prediction = prediction
        contexts = plan.repeatedContexts(attention.problem).reduce(into: [:]) { $0[$1] = .some(nil) }
        shardFlops = plan.shards.reduce(0) { max($0, attention.problem.flops(of: $1)) }
    }

    var shardCount: Int { attentionPlan.shards.count }
    var shardsPerStage: Int { shardCount }
    let shardFlops: Double
    var residentBytes: Int { 0 }
    var residencyKeys: [UInt64] { [] }
    var shapeKind: Int { attention.op == .attention ? 0 : 1 }
    var outputBytes: Int { attention.problem.outputBytes }
    var messageBytes: Int { prediction?.timeline.bytes ?? 0 }
    var transit: Duration { prediction?.timeline.longestTransit ?? .zero }

    func flops(of shard: Int) -> Double { attention.problem.flops(of: attentionPlan.shards[shard]) }

    /// How long a worker is waited for; see `FleetPlan.patience`.
    var reservations: Reservations { prediction?.reservations ?? Reservations() }

    mutating func contextDigest(of shard: Int) throws(SafetensorsError) -> BlobDigest? {
        let place = attentionPlan.shards[shard].context(of: attention.problem)
        guard let known = contexts[place] else { return nil }
        if let known { return known }
        let digest = try attention.contextDigest(place)
        contexts[place] = digest
        return digest
    }

    func encodeTask(
        _ header: TaskHeader, shard: Int, context: TaskContext?
    ) throws(SafetensorsError) -> [UInt8] {
        try attention.encodeTask(header, for: attentionPlan.shards[shard], context: context)
    }

    func localTask(_ header: TaskHeader, shard: Int) -> LocalTask {
        let shard = attentionPlan.shards[shard]
        return { [attention] in try attention.task(header, for: shard) }
    }

    mutating func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        let partial = try Partial(result, for: attentionPlan.shards[shard], of: attention.problem)
        if !partial.isFinite {
            let inputsMayBeToBlame = mayBeNonFinite ?? attention.mayBeNonFinite()
            mayBeNonFinite = inputsMayBeToBlame
            guard inputsMayBeToBlame else { throw InvalidPartial(description: "it holds NaN or infinity") }
        }
        return .partial(partial)
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .partial(let partial) = output else { return }
        if assembly == nil { assembly = Assembly(attention.problem, attentionPlan) }
        assembly?.take(partial, shard: shard)
    }

    var plan: JSON.Object {
        var json: JSON.Object = [
            "shards": JSON(shardCount), "head_ranges": JSON(attentionPlan.headRanges),
            "query_ranges": JSON(attentionPlan.queryRanges), "key_ranges": JSON(attentionPlan.keyRanges),
            "wire": .string(attention.wire.rawValue),
        ]
        if let error = attention.wireError { json["wire_error"] = error.json }
        guard let prediction else { return json }
        json["predicted_ms"] = JSON(milliseconds: prediction.timeline.makespan)
        json["candidates"] = .array(prediction.candidates.map(\.json))
        return json
    }

    func place(of index: Int) -> JSON.Object {
        let shard = attentionPlan.shards[index]
        var json: JSON.Object = [
            "batch": JSON(shard.batch), "heads": JSON(shard.heads), "queries": JSON(shard.queries),
            "keys": JSON(shard.keys),
        ]
        guard let prediction else { return json }
        let span = prediction.timeline.spans[index]
        json["planned_worker"] = .string(prediction.workers[attentionPlan.owners[index]].id.text)
        json["predicted_sent_ms"] = JSON(milliseconds: span.sent)
        json["predicted_queued_ms"] = JSON(milliseconds: span.begun - span.arrived)
        json["predicted_begun_ms"] = JSON(milliseconds: span.begun)
        json["predicted_compute_ms"] = JSON(milliseconds: span.computed - span.begun)
        json["predicted_done_ms"] = JSON(milliseconds: span.done)
        return json
    }

    mutating func outputs() -> [TensorSource] {
        (assembly ?? Assembly(attention.problem, attentionPlan)).sources(for: attention)
    }
}

extension FleetPlan.Candidate {
    /// For a report.
    package var json: JSON {
        [
            "kind": .string(kind.rawValue), "workers": JSON(workers), "shards": JSON(shards), "bytes": JSON(bytes),
            "predicted_ms": JSON(milliseconds: makespan),
        ]
    }
}

extension JSON {
    /// Seconds as milliseconds, to the microsecond.
    init(milliseconds seconds: Double) { self.init((seconds * 1e6).rounded() / 1e3) }

    /// `[first, end]`.
    init(_ range: Range<Int>) { self.init([range.lowerBound, range.upperBound]) }
}
