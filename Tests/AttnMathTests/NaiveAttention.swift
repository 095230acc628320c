import AttnMath
import Glibc

extension BlockSample {
    /// The block in float32 the obvious way: all scores, softmax, weighted sum. What a fast kernel's error is
    /// compared with.
    func naive() -> FloatPartial {
        var partial = FloatPartial(unwritten: shape)
        for row in 0..<shape.rowCount {
            let head = row / shape.queries
            let kvHead = head / shape.headsPerGroup
            var scores = (0..<shape.keys).map { key in
                naiveScore(row: row, key: key) + Float(bias(head: head, query: row % shape.queries, key: key))
            }
            let maximum = scores.max() ?? -.infinity
            let reference = maximum == -.infinity ? 0 : maximum
            var sum: Float = 0
            for key in scores.indices {
                scores[key] = expf(scores[key] - reference)
                sum += scores[key]
            }
            partial.lse[row] = sum == 0 ? -.infinity : maximum + logf(sum)
            for c in 0..<shape.valueHeadSize {
                var total: Float = 0
                for key in scores.indices {
                    total += scores[key] * v[(kvHead * shape.keys + key) * shape.valueHeadSize + c]
                }
                partial.output[row * shape.valueHeadSize + c] = sum == 0 ? 0 : total / sum
            }
        }
        return partial
    }

    /// Scaled and capped.
    private func naiveScore(row: Int, key: Int) -> Float {
        let head = row / shape.queries
        let kvHead = head / shape.headsPerGroup
        var product: Float = 0
        for d in 0..<shape.headSize {
            let (a, b) = (q[row * shape.headSize + d], k[(kvHead * shape.keys + key) * shape.headSize + d])
            product += scoreWeights.map { $0[head * shape.headSize + d] * tanhf(a + b) } ?? a * b
        }
        let score = attributes.scale * product
        return attributes.softcap == 0 ? score : attributes.softcap * tanhf(score / attributes.softcap)
    }
}
