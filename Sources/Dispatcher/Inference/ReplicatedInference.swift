import Codecs
import Compute
import Fleet
import Models
import Transformer

/// A model's job by `replicate`: runs of sequences, each through the whole model at some worker.
struct ReplicatedInference: JobWork {
    private let request: InferenceRequest
    private let runs: [Range<Int>]
    /// By sequence.
    private var results: [EncoderResult?]

    init(_ request: InferenceRequest, _ pieces: InferencePieces) {
        self.request = request
        runs = request.layout.runs(pieces)
        results = Array(repeating: nil, count: request.layout.lengths.count)
    }

    var shardCount: Int { runs.count }
    var shardsPerStage: Int { runs.count }
    var shardFlops: Double { request.configuration.flops(request.layout) / Double(runs.count) }
    var residentBytes: Int { request.model.archive.bytes.count }
    var residencyKeys: [UInt64] { [] }
    var shapeKind: Int { 2 }
    var outputBytes: Int { request.outputBytes }

    func encodeTask(
        _ header: TaskHeader, shard: Int, context: TaskContext?
    ) throws(SafetensorsError) -> [UInt8] {
        try ModelTask.encode(
            header, model: request.model.digest, .whole,
            tensors: request.batch.sequences(runs[shard], request.layout).sources)
    }

    func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        let labels = request.configuration.labels.count
        return labels > 0
            ? try result.rows("logits", [runs[shard].count, labels])
            : try result.rows("embedding", [runs[shard].count, request.configuration.hiddenSize])
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .rows(let values) = output else { return }
        let columns = values.count / max(runs[shard].count, 1)
        for (index, sequence) in runs[shard].enumerated() {
            let row = Array(values[index * columns..<(index + 1) * columns])
            results[sequence] = request.configuration.labels.isEmpty ? .embedding(row) : .logits(row)
        }
    }

    var plan: JSON.Object { request.plan(.replicate, shards: shardCount, stages: 1) }

    func place(of shard: Int) -> JSON.Object { ["sequences": JSON(runs[shard])] }

    func outputs() -> [TensorSource] { request.outputs(results.compactMap { $0 }) }
}
