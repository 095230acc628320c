import Codecs
import Fleet

/// The weights of additive scoring as they lie in the request: `W_query` [U, D_q] or [H, U, D_q], `W_key` [U, D_k] or
/// [G, U, D_k], `w_score` [U] or [H, U]. Of any float type; they travel as F32.
struct AdditiveOperands: Sendable {
    let query: TensorInfo
    let key: TensorInfo
    let score: TensorInfo
    let scoring: AdditiveScoring

    var tensors: [TensorInfo] { [query, key, score] }

    /// - Throws: `JobError`: `.invalidRequest` if a weight is missing or does not fit, `.tooLarge` if queries and keys
    ///   projected to the hidden size could not be counted.
    init(_ file: Safetensors, q: HeadTensor, k: CachedTensor) throws(JobError) {
        let (query, key, score) = (
            try file.requireFloats("W_query"), try file.requireFloats("W_key"), try file.requireFloats("w_score")
        )
        func mismatch(_ why: String) -> JobError {
            JobError(
                .invalidRequest,
                "AdditiveAttention: \(why): W_query \(query.shape), W_key \(key.shape), w_score \(score.shape), "
                    + "Q \(q.tensor.shape), K \(k.new.tensor.shape)")
        }
        guard [2, 3].contains(query.shape.count), [2, 3].contains(key.shape.count), [1, 2].contains(score.shape.count)
        else { throw mismatch("W_query and W_key must have rank 2 or 3, w_score rank 1 or 2") }
        guard !(query.shape + key.shape + score.shape).contains(0) else { throw mismatch("a weight is empty") }
        guard let hiddenSize = score.shape.last, query.shape.dropLast().last == hiddenSize,
            key.shape.dropLast().last == hiddenSize
        else { throw mismatch("the weights differ in hidden size") }
        guard query.shape.last == q.size else { throw mismatch("W_query does not fit the head size of Q") }
        guard key.shape.last == k.size else { throw mismatch("W_key does not fit the head size of K") }
        let heads = (
            Self.heads(query, shared: 2), Self.heads(key, shared: 2), Self.heads(score, shared: 1)
        )
        guard heads.0 ?? q.heads == q.heads, heads.1 ?? k.heads == k.heads, heads.2 ?? q.heads == q.heads else {
            throw mismatch("weights of their own for each head must be as many as the heads")
        }
        let rows = q.batch * (q.heads * q.length + k.heads * k.length)
        guard !rows.multipliedReportingOverflow(by: 4 * hiddenSize).overflow else {
            throw JobError(.tooLarge, "\(mismatch("projected, Q and K would be too large").message)")
        }
        (self.query, self.key, self.score) = (query, key, score)
        scoring = AdditiveScoring(
            hiddenSize: hiddenSize, keySize: k.size, queryWeightHeads: heads.0 ?? 1, keyWeightHeads: heads.1 ?? 1,
            scoreWeightHeads: heads.2 ?? 1)
    }

    /// The weights that a task of these heads needs: [1 or heads, …] in F32.
    func sources(of file: Safetensors, heads: Range<Int>, kvHeads: Range<Int>) -> [TensorSource] {
        [
            source(
                query, of: file, heads: Self.heads(query, shared: 2).map { _ in heads }, matrix: query.shape.suffix(2)),
            source(key, of: file, heads: Self.heads(key, shared: 2).map { _ in kvHeads }, matrix: key.shape.suffix(2)),
            source(
                score, of: file, heads: Self.heads(score, shared: 1).map { _ in heads }, matrix: score.shape.suffix(1)),
        ]
    }

    /// The elements of `heads` (nil: those for all heads alike).
    private func source(
        _ tensor: TensorInfo, of file: Safetensors, heads: Range<Int>?, matrix: ArraySlice<Int>
    ) -> TensorSource {
        let heads = heads ?? 0..<1
        let headBytes = matrix.reduce(tensor.type.byteWidth, *)
        return TensorSource(tensor.name, .f32, shape: [heads.count] + matrix) { destination in
            file.withUnsafeBytes(of: tensor) { bytes in
                convert(
                    UnsafeRawBufferPointer(
                        rebasing: bytes[heads.lowerBound * headBytes..<heads.upperBound * headBytes]),
                    tensor.type, into: destination, .f32)
            }
        }
    }

    /// How many heads have weights of their own; nil if all share them.
    private static func heads(_ tensor: TensorInfo, shared rank: Int) -> Int? {
        tensor.shape.count == rank ? nil : tensor.shape[0]
    }
}
