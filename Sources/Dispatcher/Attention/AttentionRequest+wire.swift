import AttnMath
import Codecs
import Compute
package import Fleet

/// Sending Q, K and V in fewer bytes than they have.
extension AttentionRequest {
    /// Whether the dispatcher is to find out if rounding pays.
    var isRoundedAtWill: Bool { wireChoice.wire == .auto && wireChoice.tolerance != nil }

    /// The request as it is computed where nothing travels: rounded only if that was asked for.
    func settledWithoutFleet() throws(JobError) -> AttentionRequest { isRoundedAtWill ? self : try settlingWire() }

    /// The request with the type settled in which its tensors travel, and what that changes in the answer, computed both ways for
    /// a few rows spread over the output.
    ///
    /// - Throws: `JobError.invalidRequest` if the type asked for cannot hold the numbers.
    package func settlingWire() throws(JobError) -> AttentionRequest {
        var exact: [[Float]] = []
        for format in wireChoice.formats where format.type.byteWidth < wire.type.byteWidth || wireChoice.wire != .auto {
            var settled = self
            settled.wire = format
            guard format != .f32, format != wire else { return settled }
            if let (name, number) = firstBeyond(format) {
                guard wireChoice.wire == .auto else {
                    throw JobError(
                        .invalidRequest,
                        "'wire' is '\(wireChoice.wire.rawValue)', and \(name) holds \(number), which that cannot hold: "
                            + "ask for another, or for none")
                }
                continue
            }
            if exact.isEmpty { exact = try sampledOutputs() }
            let error = try settled.error(against: exact)
            settled.wireError = error
            guard wireChoice.wire == .auto else { return settled }
            // The rows that were not tried may be some times worse.
            if let tolerance = wireChoice.tolerance, error.largest <= tolerance / 4 { return settled }
        }
        return self
    }

    /// The first number that cannot travel so.
    private func firstBeyond(_ format: WireFormat) -> (String, Float)? {
        for tensor in [q.tensor] + k.tensors + v.tensors {
            var found: Float?
            file.withUnsafeBytes(of: tensor) { bytes in
                forEachChunk(bytes, tensor.type) { numbers in
                    for number in numbers where !format.holds(number) { found = number }
                }
            }
            if let found { return (tensor.name, found) }
        }
        return nil
    }

    private func error(against exact: [[Float]]) throws(JobError) -> WireError {
        var largest: Float = 0
        for (rounded, kept) in zip(try sampledOutputs(), exact) {
            for (a, b) in zip(rounded, kept) where b.isFinite { largest = max(largest, abs(a - b)) }
        }
        return WireError(largest: largest, rows: samples.reduce(0) { $0 + $1.queries.count })
    }

    /// Of each of `samples`.
    private func sampledOutputs() throws(JobError) -> [[Float]] {
        var workspace = Workspace()
        var outputs: [[Float]] = []
        for shard in samples {
            let outcome = compute(
                shard, of: JobID("wire")!, kernel: .best, cancel: CancelFlag(), &workspace)
            guard case .done(let partial) = outcome else {
                throw JobError(.invalidRequest, "the effect of 'wire' cannot be found out: \(outcome)")
            }
            outputs.append(partial.output)
        }
        return outputs
    }

    /// Up to 4 queries each of the first head, one in the middle and the last, of up to 8 MB of keys and values together.
    private var samples: [Shard] {
        let bytes = 4 * problem.keyLength * (problem.headSize + problem.valueHeadSize)
        let heads = problem.batch * problem.queryHeads
        let count = min(heads, 3, max((8 << 20) / max(bytes, 1), 1))
        return (0..<count).compactMap { index in
            let part = count == 1 ? 0.5 : Double(index) / Double(count - 1)
            let head = Int(part * Double(heads - 1))
            let first = Int(part * Double(max(problem.queryLength - 4, 0)))
            let queries = first..<min(first + 4, problem.queryLength)
            let batch = head / problem.queryHeads
            let keys = problem.keysToCompute(batch: batch, queries: queries)
            guard !keys.isEmpty else { return nil }
            let own = head % problem.queryHeads
            return Shard(batch: batch, heads: own..<own + 1, queries: queries, keys: keys, block: 0, rowGroup: 0)
        }
    }
}
