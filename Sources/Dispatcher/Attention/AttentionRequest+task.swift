import Codecs
import Fleet

/// Cutting a shard's inputs out of the request.
extension AttentionRequest {
    /// Query i of the shard sees its key j iff j ≤ i + offset; nil if it sees all, by causality or without.
    func causalOffset(of shard: Shard) -> Int? {
        guard let offset = problem.causalOffset(batch: shard.batch) else { return nil }
        let own = offset + shard.queries.lowerBound - shard.keys.lowerBound
        return own >= shard.keys.count - 1 ? nil : own
    }

    /// The tensors of a shard's task, which write themselves straight into the payload.
    func sources(for shard: Shard) -> [TensorSource] {
        let kvHeads = ShardSizes(shard, of: problem).kvHeads
        var sources = [
            q.slice("Q", of: file, batch: shard.batch, heads: shard.heads, rows: shard.queries, as: wireType),
            k.slice("K", of: file, batch: shard.batch, heads: kvHeads, rows: shard.keys, as: wireType),
            v.slice("V", of: file, batch: shard.batch, heads: kvHeads, rows: shard.keys, as: wireType),
        ]
        if let mask, let layout = problem.mask { sources.append(maskSource(mask, layout, shard)) }
        return sources
    }

    /// Encodes the task of one attempt at a shard.
    func encodeTask(_ header: TaskHeader, for shard: Shard) throws(SafetensorsError) -> [UInt8] {
        try TaskMessage.encode(
            header, scale: problem.scale, causalOffset: causalOffset(of: shard), tensors: sources(for: shard))
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
                        let bytes = UnsafeRawBufferPointer(rebasing: source[start..<start + from])
                        let target = UnsafeMutableRawBufferPointer(rebasing: destination[place..<place + to])
                        if type == mask.type {
                            target.copyMemory(from: bytes)
                        } else {
                            widen(bytes, mask.type, into: target)
                        }
                        place += to
                    }
                }
            }
        }
    }
}
