// How far float32 attention may be from exact attention: a forward error bound, so that no tolerance is a matter of
// taste.
//
// u = 2^-24 is half a unit in the last place of 1. Per score, with D = head size:
//   dot product and scale, in any order, fused or not      (D + 2) u * scale * sum |q_d k_d|
//   or the additive product, with 5 u for tanh             (D + 7) u * scale * sum |w_d| (|tanh| + |q_d + k_d|)
//   the cap: the quotient, tanh, the product               u |score| + 6 u |capped score| + 2^-148 cap
//   adding the mask                                        u |score|
//   subtracting the row's maximum                          u |score - maximum|
// and per weight exp's own error, 4 u, and as much again, and the maximum's growth, for each key tile it is rescaled
// by. A weight's relative error is exp(those) - 1 = e_j. Then, with p_j the exact weights:
//   |O - exact| <= (2 sum p_j e_j + (keys + 8) u) max |v|      |lse - exact| <= sum p_j e_j + (keys + 8) u + 2 u |lse|
// Weights below 2^-126 may be lost, at most 2^-125 max |v| a key. The last term of the cap is what a quotient and its
// tanh lose where they are subnormal.

import AttnMath
import Glibc

struct ErrorBound {
    var output: Double
    var lse: Double

    /// The bound for one row of a block whose values are at most `largestValue`; `tiles` is at least the number of key
    /// tiles.
    init(scores: [ScoreBound], largestValue: Double, lse: Double, tiles: Int) {
        let u = 0x1p-24
        let keys = Double(scores.count)
        let seen = scores.map(\.score).filter { $0 > -.infinity }
        let maximum = seen.max() ?? 0
        let drop = maximum - (seen.min() ?? 0)
        var error = 0.0
        for bound in scores where bound.score > -.infinity {
            let absolute =
                bound.error + u * bound.score.magnitude + u * (maximum - bound.score)
                + Double(tiles) * (4 * u + (tiles > 1 ? u * drop : 0))
            error += exp(bound.score - lse) * expm1(min(absolute, 700))
        }
        output = (2 * error + (keys + 8) * u + keys * 0x1p-125) * largestValue
        self.lse = lse.isFinite ? error + (keys + 8) * u + 2 * u * lse.magnitude : 0
    }
}

/// A score and how far float32 may be from it.
struct ScoreBound {
    var score: Double
    var error: Double
}

extension BlockSample {
    /// The bound for every row, computed from the exact scores.
    func errorBounds(_ reference: AttentionOracle.Partial, tiles: Int = 1) -> [ErrorBound] {
        let largestValue = Double(v.reduce(0) { max($0, $1.magnitude) })
        return (0..<shape.rowCount).map { row in
            let scores = (0..<shape.keys).map { key in
                var bound = scoreBound(row: row, key: key)
                bound.score += bias(head: row / shape.queries, query: row % shape.queries, key: key)
                return bound
            }
            return ErrorBound(scores: scores, largestValue: largestValue, lse: reference.lse[row], tiles: tiles)
        }
    }

    /// The exact score of a pair, scaled and capped, and how far float32 may be from it.
    func scoreBound(row: Int, key: Int) -> ScoreBound {
        let u = 0x1p-24
        let head = row / shape.queries
        let scale = Double(attributes.scale)
        var product = 0.0
        var magnitude = 0.0
        for d in 0..<shape.headSize {
            let a = Double(q[row * shape.headSize + d])
            let b = Double(k[(head / shape.headsPerGroup * shape.keys + key) * shape.headSize + d])
            if let scoreWeights {
                let weight = Double(scoreWeights[head * shape.headSize + d])
                product += weight * tanh(a + b)
                magnitude += weight.magnitude * (tanh(a + b).magnitude + (a + b).magnitude)
            } else {
                product += a * b
                magnitude += (a * b).magnitude
            }
        }
        let roundings = Double(shape.headSize + (scoreWeights == nil ? 2 : 7))
        let score = ScoreBound(score: scale * product, error: roundings * u * scale.magnitude * magnitude)
        let cap = Double(attributes.softcap)
        if cap == 0 { return score }
        let capped = cap * tanh(score.score / cap)
        return ScoreBound(
            score: capped,
            error: score.error + u * score.score.magnitude + 6 * u * capped.magnitude + 0x1p-148 * cap)
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
