// How far float32 attention may be from exact attention: a forward error bound, so that no tolerance is a matter of
// taste.
//
// u = 2^-24 is half a unit in the last place of 1. Per score, with D = head size:
//   dot product and scale, in any order, fused or not      (D + 2) u * scale * sum |q_d k_d|
//   adding the mask                                        u |score|
//   subtracting the row's maximum                          u |score - maximum|
// and per weight exp's own error, 4 u, and as much again, and the maximum's growth, for each key tile it is rescaled
// by. A weight's relative error is exp(those) - 1 = e_j. Then, with p_j the exact weights:
//   |O - exact| <= (2 sum p_j e_j + (keys + 8) u) max |v|      |lse - exact| <= sum p_j e_j + (keys + 8) u + 2 u |lse|
// Weights below 2^-126 may be lost, at most 2^-125 max |v| a key.

import AttnMath
import Glibc

struct ErrorBound {
    var output: Double
    var lse: Double

    /// The bound for one row of a block; `tiles` is at least the number of key tiles.
    init(_ sample: BlockSample, row: Int, scores: [Double], magnitudes: [Double], lse: Double, tiles: Int) {
        let u = 0x1p-24
        let keys = Double(scores.count)
        let seen = scores.filter { $0 > -.infinity }
        let maximum = seen.max() ?? 0
        let drop = maximum - (seen.min() ?? 0)
        var error = 0.0
        for (score, magnitude) in zip(scores, magnitudes) where score > -.infinity {
            let absolute =
                Double(sample.shape.headSize + 2) * u * magnitude + u * score.magnitude + u * (maximum - score)
                + Double(tiles) * (4 * u + (tiles > 1 ? u * drop : 0))
            error += exp(score - lse) * expm1(min(absolute, 700))
        }
        let largestValue = Double(sample.v.reduce(0) { max($0, $1.magnitude) })
        output = (2 * error + (keys + 8) * u + keys * 0x1p-125) * largestValue
        self.lse = lse.isFinite ? error + (keys + 8) * u + 2 * u * lse.magnitude : 0
    }
}

extension BlockSample {
    /// The bound for every row, computed from the exact scores.
    func errorBounds(_ reference: AttentionOracle.Partial, tiles: Int = 1) -> [ErrorBound] {
        (0..<shape.rowCount).map { row in
            let head = row / shape.queries
            var scores: [Double] = []
            var magnitudes: [Double] = []
            for key in 0..<shape.keys {
                var dot = 0.0
                var magnitude = 0.0
                for d in 0..<shape.headSize {
                    let product =
                        Double(q[row * shape.headSize + d])
                        * Double(k[(head / shape.headsPerGroup * shape.keys + key) * shape.headSize + d])
                    dot += product
                    magnitude += product.magnitude
                }
                let scale = Double(attributes.scale)
                scores.append(scale * dot + bias(head: head, query: row % shape.queries, key: key))
                magnitudes.append(scale.magnitude * magnitude)
            }
            return ErrorBound(
                self, row: row, scores: scores, magnitudes: magnitudes, lse: reference.lse[row], tiles: tiles)
        }
    }

    /// What is added to a score: the mask, and -inf where a key is hidden.
    func bias(head: Int, query: Int, key: Int) -> Double {
        guard attributes.window.contains(query: query, key: key) else { return -.infinity }
        switch mask {
        case nil:
            return 0
        case .boolean(let elements, let heads, let queries, let keys):
            guard key < keys else { return -.infinity }
            return elements[((heads == 1 ? 0 : head) * queries + (queries == 1 ? 0 : query)) * keys + key] != 0
                ? 0 : -.infinity
        case .additive(let elements, let heads, let queries, let keys):
            guard key < keys else { return -.infinity }
            return Double(elements[((heads == 1 ? 0 : head) * queries + (queries == 1 ? 0 : query)) * keys + key])
        }
    }
}

/// The first way in which `partial` is not attention to within the bound, or nil.
func firstDeviation(
    _ partial: FloatPartial, from reference: AttentionOracle.Partial, within bounds: [ErrorBound], shape: BlockShape
) -> String? {
    for row in 0..<shape.rowCount {
        let lse = Double(partial.lse[row])
        let exact = reference.lse[row]
        if exact == -.infinity {
            guard lse == -.infinity else { return "row \(row): lse \(lse) where nothing was seen" }
        } else if !((lse - exact).magnitude <= bounds[row].lse) {
            return "row \(row): lse \(lse), exact \(exact), bound \(bounds[row].lse)"
        }
        for c in 0..<shape.valueHeadSize {
            let value = Double(partial.output[row * shape.valueHeadSize + c])
            let exactValue = reference.output[row * shape.valueHeadSize + c]
            let bound = exact == -.infinity ? 0 : bounds[row].output
            if !((value - exactValue).magnitude <= bound) {
                return "row \(row), column \(c): \(value), exact \(exactValue), bound \(bound)"
            }
        }
    }
    return nil
}
