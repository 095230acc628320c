import Codecs
import Fleet
import Models
import Transformer

/// A model's job by `positions`: a stage for each layer, in which each worker makes some of its rows.
struct PositionsInference: JobWork {
    private let request: InferenceRequest
    private let ranges: [Range<Int>]
    /// The rows that the stage under way is given, and those that it has made so far.
    private var hidden: HiddenRows
    private var next: [Float]
    private var taken = 0

    init(_ request: InferenceRequest, _ pieces: InferencePieces) {
        self.request = request
        ranges = request.layout.rowRanges(pieces)
        hidden = HiddenRows(request)
        next = hidden.values
    }

    var shardsPerStage: Int { ranges.count }
    var shardCount: Int { ranges.count * request.configuration.layers }
    var shardFlops: Double { request.configuration.flops(request.layout) / Double(shardCount) }
    var residentBytes: Int { request.model.archive.bytes.count }
    var residencyKeys: [UInt64] { [] }
    var shapeKind: Int { 3 }
    var outputBytes: Int { request.outputBytes + 8 * next.count }

    func encodeTask(
        _ header: TaskHeader, shard: Int, context: TaskContext?
    ) throws(SafetensorsError) -> [UInt8] {
        // The sequences that the rows are part of, and nothing else.
        let (layer, range) = (shard / ranges.count, ranges[shard % ranges.count])
        let sequences = request.layout.sequences(with: range)
        let first = request.layout.starts[sequences.lowerBound]
        return try ModelTask.encode(
            header, model: request.model.digest,
            .layer(layer, rows: range.lowerBound - first..<range.upperBound - first),
            tensors: hidden.tensors(of: sequences))
    }

    func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        try result.rows("hidden_state", [ranges[shard % ranges.count].count, hidden.width])
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .rows(let values) = output else { return }
        next.replace(rows: ranges[shard % ranges.count], width: hidden.width, with: values)
        taken += 1
        if taken.isMultiple(of: ranges.count) { swap(&hidden.values, &next) }
    }

    var plan: JSON.Object { request.plan(.positions, shards: shardCount, stages: request.configuration.layers) }

    func place(of shard: Int) -> JSON.Object {
        ["layer": JSON(shard / ranges.count), "rows": JSON(ranges[shard % ranges.count])]
    }

    func outputs() -> [TensorSource] { hidden.outputs }
}
