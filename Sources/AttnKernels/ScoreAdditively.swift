// Additive (Bahdanau) scoring: the register tile's counterpart for score = scale * w tanh(q + k). Legend in
// TileShape.swift.

import CAttnKernels

/// Scores up to M rows against a packed panel of N keys: [M][N] with a row stride in elements.
///
/// Queries [M][D] and the panel [D][N] are projected already, to the size D of the weights. float32 accumulation in
/// order of d.
///
/// Source: Bahdanau, Cho and Bengio, Neural machine translation by jointly learning to align and translate (2014).
func scoreAdditively(
    _ group: HeadGroup, _ queries: UnsafePointer<Float>, _ panel: UnsafePointer<Float>, firstRow: Int, rowCount: Int,
    into scores: UnsafeMutablePointer<Float>, stride: Int
) {
    guard let scoreWeights = group.scoreWeights else { return }
    for i in 0..<rowCount {
        let query = queries + i * group.headSize
        let weights = scoreWeights + (firstRow + i) / group.queries * group.headSize
        var low = Lanes(repeating: 0)
        var high = low
        for d in 0..<group.headSize {
            let element = Lanes(repeating: query[d])
            let weight = Lanes(repeating: weights[d])
            let keys = panel + d * panelWidth
            low = multiplyAdd(weight, hyperbolicTangent(element + load(keys)), low)
            high = multiplyAdd(weight, hyperbolicTangent(element + load(keys + laneCount)), high)
        }
        store(low * group.scale, scores + i * stride)
        store(high * group.scale, scores + i * stride + laneCount)
    }
}
