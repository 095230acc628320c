// One row of the score tile: masks, then the online softmax. Legend in TileShape.swift.

/// Turns a row of scaled scores into exponentials relative to the row's maximum so far, and returns by how much what
/// was summed under the old maximum shrinks.
///
/// `scores` has `paddedKeys` entries, a whole number of vectors; those that causality or the tile's end hides become
/// 0. With nothing seen so far the maximum is -inf; then the exponentials are taken relative to 0, so that -inf -
/// -inf never arises.
@inline(__always)
func softmaxRow(
    _ group: HeadGroup, _ scores: UnsafeMutablePointer<Float>, paddedKeys: Int, _ tile: KeyTile, row: Int,
    maximum: inout Float, sum rowSum: inout Float
) -> Float {
    let visible = group.visibleKeys(row: row, firstKey: tile.firstKey, count: min(tile.count, paddedKeys))
    applyMasks(group, scores, keys: visible, firstKey: tile.firstKey, row: row)
    (scores + visible).update(repeating: -.infinity, count: paddedKeys - visible)

    var maxima = Lanes(repeating: maximum)
    var j = 0
    while j < paddedKeys {
        maxima = larger(maxima, load(scores + j))
        j += laneCount
    }
    let newMaximum = largest(maxima)
    let reference = newMaximum == -.infinity ? 0 : newMaximum

    var sums = Lanes(repeating: 0)
    let references = Lanes(repeating: reference)
    j = 0
    while j < paddedKeys {
        let weights = exponential(load(scores + j) - references)
        store(weights, scores + j)
        sums += weights
        j += laneCount
    }
    let rescale = exponential(maximum - reference)
    rowSum = rowSum * rescale + sum(sums)
    maximum = newMaximum
    return rescale
}

/// Applies the masks of `row` to the scores of `keys` keys from `firstKey` on.
@inline(__always)
private func applyMasks(
    _ group: HeadGroup, _ scores: UnsafeMutablePointer<Float>, keys: Int, firstKey: Int, row: Int
) {
    if let mask = group.booleanMask {
        hideKeys(scores, where: mask + group.maskStart(row: row) + firstKey, count: keys)
    }
    if let mask = group.additiveMask {
        addBias(scores, mask + group.maskStart(row: row) + firstKey, count: keys)
    }
}

@inline(__always)
private func hideKeys(_ scores: UnsafeMutablePointer<Float>, where mask: UnsafePointer<UInt8>, count: Int) {
    let hidden = Lanes(repeating: -.infinity)
    var j = 0
    while j + laneCount <= count {
        let bytes = UnsafeRawPointer(mask + j).loadUnaligned(as: LaneBytes.self)
        let isHidden = LaneBits(truncatingIfNeeded: bytes) .== LaneBits(repeating: 0)
        store(load(scores + j).replacing(with: hidden, where: isHidden), scores + j)
        j += laneCount
    }
    while j < count {
        if mask[j] == 0 { scores[j] = -.infinity }
        j += 1
    }
}

@inline(__always)
private func addBias(_ scores: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>, count: Int) {
    var j = 0
    while j + laneCount <= count {
        store(load(scores + j) + load(bias + j), scores + j)
        j += laneCount
    }
    while j < count {
        scores[j] += bias[j]
        j += 1
    }
}
