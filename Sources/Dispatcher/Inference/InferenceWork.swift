import Codecs
import Compute
import Fleet
import Models
import Transformer

/// A model's job: its plan, and the rows that go from stage to stage or the results that come together.
struct InferenceWork: JobWork {
    private let request: InferenceRequest
    private let inferencePlan: InferencePlan
    /// Of `positions`: the rows that the stage under way is given, and those that it has made so far.
    private var hidden: [Float] = []
    private var next: [Float] = []
    private var taken = 0
    /// By sequence: what the whole model made.
    private var rows: [EncoderResult?]

    init(_ request: InferenceRequest, _ plan: InferencePlan) {
        self.request = request
        inferencePlan = plan
        rows = Array(repeating: nil, count: request.layout.lengths.count)
        guard case .rows = plan.cut else { return }
        hidden = [Float](repeating: 0, count: request.layout.rows * configuration.hiddenSize)
        hidden.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            request.model.encoder.embed(request.batch, request.layout, into: base, workspace: EncoderWorkspace())
        }
        next = hidden
    }

    private var configuration: EncoderConfiguration { request.model.configuration }
    private var isByRows: Bool { if case .rows = inferencePlan.cut { true } else { false } }

    var shardsPerStage: Int { inferencePlan.ranges.count }
    var shardCount: Int { shardsPerStage * (isByRows ? configuration.layers : 1) }
    var shapeKind: Int { isByRows ? 3 : 2 }
    var residentBytes: Int { request.model.archive.bytes.count }
    var shardFlops: Double {
        configuration.flops(request.layout) / Double(max(shardCount, 1))
    }
    var outputBytes: Int {
        let columns = configuration.labels.isEmpty ? configuration.hiddenSize : 2 * configuration.labels.count
        return 4 * (rows.count * columns + 2 * hidden.count)
    }

    func encodeTask(_ header: TaskHeader, shard: Int) throws(SafetensorsError) -> [UInt8] {
        let (stage, piece) = shard.quotientAndRemainder(dividingBy: shardsPerStage)
        let range = inferencePlan.ranges[piece]
        var header = header
        guard isByRows else {
            header.op = ModelOperator.infer.rawValue
            return try ModelTask.encode(
                header, model: request.model.digest, tensors: request.batch.sequences(range, request.layout).sources)
        }
        // The sequences that the rows are part of, and nothing else.
        header.op = ModelOperator.encoderLayer.rawValue
        let (layout, width) = (request.layout, configuration.hiddenSize)
        let sequences = layout.sequences(with: range)
        let all = layout.starts[sequences.lowerBound]..<layout.starts[sequences.upperBound]
        var tensors = [
            TensorSource("hidden_state", .f32, shape: [all.count, width]) { [hidden] destination in
                hidden.withUnsafeBytes { source in
                    destination.copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: source[all.lowerBound * width * 4..<all.upperBound * width * 4]))
                }
            },
            TensorSource(lengths: Array(layout.lengths[sequences])),
        ]
        if let attended = request.batch.attended, let mask = TensorSource(attended: Array(attended[all])) {
            tensors.append(mask)
        }
        return try ModelTask.encode(
            header, model: request.model.digest, layer: stage,
            rows: range.lowerBound - all.lowerBound..<range.upperBound - all.lowerBound, tensors: tensors)
    }

    mutating func validate(_ result: Safetensors, shard: Int) throws(InvalidPartial) -> ShardOutput {
        let range = inferencePlan.ranges[shard % shardsPerStage]
        let isClassifier = !configuration.labels.isEmpty
        let name = isByRows ? "hidden_state" : isClassifier ? "logits" : "embedding"
        let columns = !isByRows && isClassifier ? configuration.labels.count : configuration.hiddenSize
        guard let tensor = result[name], tensor.shape == [range.count, columns],
            let values = try? result.elements(of: tensor, as: Float.self)
        else {
            throw InvalidPartial(
                description: "\(name) is \(result[name]?.shape ?? []), not F32 [\(range.count), \(columns)]")
        }
        // Weights and inputs are finite, and every layer but the last one's logits ends in a norm.
        guard !values.contains(where: { !$0.isFinite }) else {
            throw InvalidPartial(description: "it holds NaN or infinity")
        }
        return .rows(values)
    }

    mutating func take(_ output: ShardOutput, shard: Int) {
        guard case .rows(let values) = output else { return }
        let range = inferencePlan.ranges[shard % shardsPerStage]
        guard isByRows else {
            let columns = values.count / max(range.count, 1)
            for (index, sequence) in range.enumerated() {
                let row = Array(values[index * columns..<(index + 1) * columns])
                rows[sequence] = configuration.labels.isEmpty ? .embedding(row) : .logits(row)
            }
            return
        }
        let width = configuration.hiddenSize
        next.replaceSubrange(range.lowerBound * width..<range.upperBound * width, with: values)
        taken += 1
        if taken % shardsPerStage == 0 { swap(&hidden, &next) }
    }

    var plan: JSON.Object {
        [
            "strategy": .string(isByRows ? "positions" : "replicate"), "shards": JSON(shardCount),
            "stages": JSON(shardCount / max(shardsPerStage, 1)), "model": .string(request.model.name),
            "digest": .string(request.model.digest.description), "sequences": JSON(rows.count),
            "rows": JSON(request.layout.rows), "labels": JSON(configuration.labels),
        ]
    }

    func place(of shard: Int) -> JSON.Object {
        let (stage, piece) = shard.quotientAndRemainder(dividingBy: shardsPerStage)
        return isByRows
            ? ["layer": JSON(stage), "rows": JSON(inferencePlan.ranges[piece])]
            : ["sequences": JSON(inferencePlan.ranges[piece])]
    }

    mutating func outputs() -> [TensorSource] {
        let results = finished()
        let tensor = ModelResult(results)
        guard !configuration.labels.isEmpty else { return [tensor.source] }
        let scores = results.flatMap { EncoderResult.probabilities($0.values) }
        return [tensor.source, TensorSource("scores", .f32, shape: tensor.shape, scores)]
    }

    private func finished() -> [EncoderResult] {
        guard isByRows else { return rows.compactMap { $0 } }
        return hidden.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return [] }
            return request.model.encoder.pool(
                base, request.layout, attended: request.batch.attended, workspace: EncoderWorkspace())
        }
    }
}
