import AttnMath
import Blobs
package import Codecs
package import Fleet

/// Cutting a shard's inputs out of the request.
extension AttentionRequest {
    /// Encodes the task of one attempt at a shard.
    package func encodeTask(
        _ header: TaskHeader, for shard: Shard, context: TaskContext? = nil
    ) throws(SafetensorsError) -> [UInt8] {
        try TaskMessage.encode(
            header, attributes(for: shard), context: context?.digest,
            tensors: sources(for: shard, withContext: context?.isKept != true))
    }

    /// The same task for a thread of this process.
    func task(_ header: TaskHeader, for shard: Shard) throws(MessageError) -> TaskMessage {
        try TaskMessage(header, attributes(for: shard), op, holding: sources(for: shard, withContext: true))
    }

    func attributes(for shard: Shard) -> TaskAttributes {
        let window = problem.window(of: shard)
        return TaskAttributes(
            scale: problem.scale, softcap: problem.softcap, windowFirst: window.first, windowLast: window.last,
            softmaxPrecision: problem.softmaxPrecision == .float64 ? .float64 : .float32,
            scoreOutput: problem.scoreOutput?.inTasks)
    }

    /// The tensors of a shard's task, which write themselves straight into the payload.
    private func sources(for shard: Shard, withContext: Bool) -> [TensorSource] {
        let kvHeads = shard.kvHeads(of: problem)
        var sources = q.slice(
            "Q", of: file, batch: shard.batch, heads: shard.heads, rows: shard.queries, as: wire)
        if withContext { sources += contextSources(shard.context(of: problem)) }
        if let weights { sources += weights.sources(of: file, heads: shard.heads, kvHeads: kvHeads) }
        if let mask, let layout = problem.mask, !problem.isHidden(shard) {
            sources.append(maskSource(mask, layout, shard))
        }
        return sources
    }

    /// K and V, with their scales if they have any.
    private func contextSources(_ place: ContextPlace) -> [TensorSource] {
        [("K", k), ("V", v)].flatMap { name, tensor in
            tensor.slice(name, of: file, batch: place.batch, heads: place.kvHeads, rows: place.keys, as: wire)
        }
    }

    /// Names K and V of a task by the SHA-256 of a safetensors file that holds them and nothing else.
    func contextDigest(_ place: ContextPlace) throws(SafetensorsError) -> BlobDigest {
        BlobDigest(of: try Safetensors.encode(tensors: contextSources(place)))
    }

    /// [1 or heads, 1 or queries, keys]: axes that repeat stay 1; floats become F32.
    private func maskSource(_ mask: TensorInfo, _ layout: MaskLayout, _ shard: Shard) -> TensorSource {
        let heads = layout.sizes[1] == 1 ? 0..<1 : shard.heads
        let queries = layout.sizes[2] == 1 ? 0..<1 : shard.queries
        let type: TensorType = layout.kind == .boolean ? .bool : .f32
        let shape = [heads.count, queries.count, shard.keys.count]
        return TensorSource("attn_mask", type, shape: shape) { [file] destination in
            file.withUnsafeBytes(of: mask) { source in
                var place = 0
                let (from, to) = (mask.type.byteWidth * shard.keys.count, type.byteWidth * shard.keys.count)
                for head in heads {
                    for query in queries {
                        let row = layout.rowStart(batch: shard.batch, head: head, query: query)
                        let start = (row + shard.keys.lowerBound) * mask.type.byteWidth
                        convert(
                            UnsafeRawBufferPointer(rebasing: source[start..<start + from]), mask.type,
                            into: UnsafeMutableRawBufferPointer(rebasing: destination[place..<place + to]), type)
                        place += to
                    }
                }
            }
        }
    }
}

extension AttentionProblem {
    /// Whether the shard's keys are past the real ones, or past the mask: only their scores are wanted.
    func isHidden(_ shard: Shard) -> Bool { shard.keys.lowerBound >= reach(batch: shard.batch) }

    /// The window between the shard's own queries and keys, without bounds that hide nothing.
    func window(of shard: Shard) -> KeyWindow {
        // A last key before the first, for the last query too.
        guard !isHidden(shard) else { return KeyWindow(first: nil, last: -shard.queries.count) }
        let window = window(batch: shard.batch)
        let shift = shard.queries.lowerBound - shard.keys.lowerBound
        let (first, last) = (window.first.map { $0 + shift }, window.last.map { $0 + shift })
        return KeyWindow(
            first: first.flatMap { $0 + shard.queries.count - 1 <= 0 ? nil : $0 },
            last: last.flatMap { $0 >= shard.keys.count - 1 ? nil : $0 })
    }
}

extension ScoreOutput {
    /// What workers send for it: probabilities need the log-sum-exp of all keys, which only the dispatcher has.
    var inTasks: TaskAttributes.ScoreOutput {
        switch self {
        case .raw: .raw
        case .capped: .capped
        case .biased, .probabilities: .biased
        }
    }
}
