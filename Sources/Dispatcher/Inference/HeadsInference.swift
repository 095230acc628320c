import Codecs
import Fleet
import Models
import Transformer

/// A model's job by `heads`: two stages for each layer, its attention and what follows it, of which each worker makes the
/// summands of its slice of the weights.
struct HeadsInference: JobWork {
    private let request: InferenceRequest
    private let slices: [ModelSliceArchive]
    /// Runs of sequences: more than one only where the rows do not fit one message.
    private let runs: [Range<Int>]
    private var hidden: HiddenRows
    /// Of the stage under way: by slice, the rows of all sequences.
    private var summands: [[Float]]
    private var taken = 0

    /// - Parameter slices: which together are the model.
    init(_ request: InferenceRequest, _ slices: [ModelSliceArchive], mostRows: Int) {
        self.request = request
        self.slices = slices
        runs = request.layout.runs(InferencePieces(shares: [1], mostRows: mostRows))
        hidden = HiddenRows(request)
        summands = Array(repeating: hidden.values, count: slices.count)
    }

    private var configuration: EncoderConfiguration { request.configuration }

    var shardsPerStage: Int { slices.count * runs.count }
    var shardCount: Int { shardsPerStage * 2 * configuration.layers }
    var shardFlops: Double { configuration.flops(request.layout) / Double(shardCount) }
    var residentBytes: Int { slices.map(\.archive.bytes.count).max() ?? 0 }
    var residencyKeys: [UInt64] { (0..<shardsPerStage).map { slices[$0 / runs.count].digest.prefix } }
    var shapeKind: Int { 4 }
    var outputBytes: Int { request.outputBytes + 4 * hidden.values.count * (slices.count + 1) }

    /// A shard by its number: stages in their order, in each the slices, of each the runs.
    private struct Place {
        let layer: Int
        let step: LayerStep
        let slice: Int
        let run: Int
    }

    private func place(_ shard: Int) -> Place {
        let (stage, piece) = shard.quotientAndRemainder(dividingBy: shardsPerStage)
        return Place(
            layer: stage / 2, step: stage.isMultiple(of: 2) ? .attention : .feedForward, slice: piece / runs.count,
            run: piece % runs.count)
    }

    func encodeTask(
        _ header: TaskHeader, shard: Int, context: TaskContext?
    ) throws(SafetensorsError) -> [UInt8] {
        let place = place(shard)
        return try ModelTask.encode(
            header, model: slices[place.slice].digest,
            place.step == .attention ? .attention(layer: place.layer) : .feedForward(layer: place.layer),
            tensors: hidden.tensors(of: runs[place.run]))
    }

    func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        let rows = request.layout.rows(ofSequences: runs[place(shard).run])
        return try result.rows("summand", [rows.count, hidden.width])
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .rows(let values) = output else { return }
        let place = place(shard)
        summands[place.slice].replace(
            rows: request.layout.rows(ofSequences: runs[place.run]), width: hidden.width, with: values)
        taken += 1
        guard taken.isMultiple(of: shardsPerStage) else { return }
        request.model.encoder.combine(place.step, of: place.layer, summands, into: &hidden.values)
    }

    var plan: JSON.Object {
        var plan = request.plan(.heads, shards: shardCount, stages: 2 * configuration.layers)
        plan["heads"] = .array(slices.map { JSON($0.slice.heads) })
        plan["columns"] = .array(slices.map { JSON($0.slice.columns) })
        return plan
    }

    func place(of shard: Int) -> JSON.Object {
        let place = place(shard)
        let slice = slices[place.slice].slice
        let sequences = JSON(runs[place.run])
        return place.step == .attention
            ? ["layer": JSON(place.layer), "heads": JSON(slice.heads), "sequences": sequences]
            : ["layer": JSON(place.layer), "columns": JSON(slice.columns), "sequences": sequences]
    }

    func outputs() -> [TensorSource] { hidden.outputs }
}

extension BlobDigest {
    /// Enough of it to tell slices apart.
    fileprivate var prefix: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
