import Codecs
import Compute
import Fleet
import Models
import Transformer

/// A job of a layer of multi-head attention: `op` = `MultiHeadAttention`, `model`, the layer's folder, and its tensors.
///
/// Each shard is some of the batch, or some queries of one of it, with all their keys.
struct MultiHeadAttentionWork: JobWork {
    static let op = ModelOperator.multiHeadAttention.rawValue

    private struct Piece {
        let rows: Range<Int>
        let queries: Range<Int>
    }

    private let layer: AttentionLayer
    private let input: MultiHeadAttentionInput
    private let pieces: [Piece]
    private let mayBeNonFinite: Bool
    /// [batch][queries][E].
    private var output: [Float]

    /// - Parameters:
    ///   - slots: pieces that can be computed at a time.
    ///   - messageBytes: about how much one piece's queries may take.
    /// - Throws: `JobError.invalidRequest`.
    init(_ request: JobRequest, _ library: ModelLibrary, slots: Int, messageBytes: Int) throws(JobError) {
        let file = request.tensors
        guard let name = file.metadata["model"] else { throw JobError(.invalidRequest, "'model' is missing") }
        guard let layer = library.layers.first(where: { $0.name == name }) else {
            let known = library.layers.map(\.name).joined(separator: ", ")
            throw JobError(
                .invalidRequest,
                "there is no attention layer '\(name.prefix(64))'" + (known.isEmpty ? "" : "; there are: \(known)"))
        }
        let names = Safetensors.multiHeadAttentionNames
        if let tensor = file.tensors.first(where: { !names.contains($0.name) }) {
            throw JobError(
                .invalidRequest,
                "\(Self.op) has no input '\(tensor.name.prefix(64))', but \(names.joined(separator: ", "))")
        }
        do throws(ModelError) { input = try file.multiHeadAttentionInput(layer.configuration) } catch {
            throw JobError(.invalidRequest, error.message)
        }
        self.layer = layer
        let size = layer.configuration.embeddingSize
        pieces = Self.cut(input, slots: slots, mostRows: max(messageBytes / (4 * size), 1))
        mayBeNonFinite = !input.isFinite
        output = [Float](repeating: 0, count: input.batch * input.queries * size)
    }

    private static func cut(_ input: MultiHeadAttentionInput, slots: Int, mostRows: Int) -> [Piece] {
        let all = input.batch * input.queries
        let rows = min(max((all + slots - 1) / max(slots, 1), 1), mostRows)
        if rows >= input.queries {
            let count = (input.batch + rows / input.queries - 1) / (rows / input.queries)
            return Range.cut(input.batch, shares: Array(repeating: 1, count: count))
                .map { Piece(rows: $0, queries: 0..<input.queries) }
        }
        let ranges = Range.cut(input.queries, shares: Array(repeating: 1, count: (input.queries + rows - 1) / rows))
        return (0..<input.batch).flatMap { row in ranges.map { Piece(rows: row..<row + 1, queries: $0) } }
    }

    var shardCount: Int { pieces.count }
    var shardsPerStage: Int { pieces.count }
    var shardFlops: Double {
        layer.configuration.flops(batch: input.batch, queries: input.queries, keys: input.keys) / Double(pieces.count)
    }
    var residentBytes: Int { layer.archive.bytes.count }
    var residencyKeys: [UInt64] { [] }
    var shapeKind: Int { 5 }
    var outputBytes: Int { 4 * output.count }

    func encodeTask(
        _ header: TaskHeader, shard: Int, context: TaskContext?
    ) throws(SafetensorsError) -> [UInt8] {
        try ModelTask.encode(
            header, model: layer.digest, .multiHeadAttention,
            tensors: input.sources(batch: pieces[shard].rows, queries: pieces[shard].queries, layer.configuration))
    }

    func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        let shape = [pieces[shard].rows.count, pieces[shard].queries.count, layer.configuration.embeddingSize]
        return try result.rows("output", shape, mustBeFinite: !mayBeNonFinite)
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .rows(let values) = output else { return }
        let (piece, size) = (pieces[shard], layer.configuration.embeddingSize)
        let count = piece.queries.count * size
        for (index, row) in piece.rows.enumerated() {
            let first = (row * input.queries + piece.queries.lowerBound) * size
            self.output.replaceSubrange(first..<first + count, with: values[index * count..<(index + 1) * count])
        }
    }

    var plan: JSON.Object {
        [
            "shards": JSON(shardCount), "model": .string(layer.name), "digest": .string(layer.digest.description),
            "batch": JSON(input.batch), "queries": JSON(input.queries), "keys": JSON(input.keys),
        ]
    }

    func place(of shard: Int) -> JSON.Object {
        ["batch": JSON(pieces[shard].rows), "queries": JSON(pieces[shard].queries)]
    }

    func outputs() -> [TensorSource] {
        [
            TensorSource(
                "output", .f32, shape: [input.batch, input.queries, layer.configuration.embeddingSize], output)
        ]
    }
}
