import AttnMath
import Codecs
import Compute
import Fleet

/// A small task whose partial is known beforehand, to find out whether a worker computes what it says it does.
///
/// Its numbers are drawn from the lease, so that no answer can be learnt by heart: 2 heads of size 16, 8 queries,
/// 32 keys.
struct ProbeTask: Sendable {
    private static let (heads, queries, keys, headSize) = (2, 8, 32, 16)

    let lease: LeaseToken
    let payload: [UInt8]
    private let expected: AttentionOracle.Partial

    init(_ probe: Probe) throws {
        lease = probe.lease
        let header = TaskHeader(
            op: AttentionOperator.attention.rawValue, job: Self.job, shard: 0, attempt: 1, lease: probe.lease,
            incarnation: probe.incarnation)
        var random = SeededGenerator(seed: probe.lease.epoch ^ probe.lease.number &* 0x9e37_79b9_7f4a_7c15)
        let (h, d) = (Self.heads, Self.headSize)
        let tensors = [("Q", Self.queries), ("K", Self.keys), ("V", Self.keys)].map { name, rows in
            (name, rows, (0..<h * rows * d).map { _ in Float.random(in: -1...1, using: &random) })
        }
        let attributes = TaskAttributes(scale: 0.25)
        payload = try TaskMessage.encode(
            header, attributes, tensors: tensors.map { TensorSource($0.0, .f32, shape: [h, $0.1, d], $0.2) })
        let shape = try BlockShape(
            queryHeads: h, kvHeads: h, queries: Self.queries, keys: Self.keys, headSize: d, valueHeadSize: d)
        expected = try tensors[0].2.withUnsafeBufferPointer { q in
            try tensors[1].2.withUnsafeBufferPointer { k in
                try tensors[2].2.withUnsafeBufferPointer { v in
                    try AttentionOracle.attend(
                        shape, BlockAttributes(scale: attributes.scale), BlockOperands(q: q, k: k, v: v))
                }
            }
        }
    }

    /// No client's: results are matched by their lease.
    private static let job = JobID("probe")!

    /// Why a result is not this task's; nil if it is.
    ///
    /// Every output is a mean of 32 values up to 1 in size: float32 and an approximate exponential leave errors of some
    /// 10⁻⁶, and a worker that makes its numbers up is further off by far than a thousandth.
    func flaw(of result: ResultMessage) -> String? {
        guard let file = result.tensors else { return "the probe's result has no tensors" }
        let rows = [Self.heads, Self.queries]
        for (name, shape, values) in [
            ("O", rows + [Self.headSize], expected.output), ("lse", rows, expected.lse),
        ] {
            guard let tensor = file[name], tensor.shape == shape,
                let found = try? file.elements(of: tensor, as: Float.self)
            else { return "the probe's \(name) is missing or of another shape" }
            guard zip(found, values).allSatisfy({ abs(Double($0) - $1) <= 1e-3 }) else {
                return "the probe's \(name) is not what its inputs give"
            }
        }
        return nil
    }
}
