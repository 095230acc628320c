// One row of the score tile: cap, masks, then the online softmax. Legend in TileShape.swift.

import CAttnKernels

/// Turns a row of raw scores into exponentials relative to the row's maximum so far, and notes by how much what was
/// summed under the old maximum shrinks.
///
/// The row's scores are those of `slot` in the scratch; `computed` are the keys whose scores are there, from a whole
/// vector on. Those among them that the window hides become 0, and so does what fills up the last vector.
@inline(__always)
func softmaxRow(
    _ group: HeadGroup, _ scratch: Scratch, slot: Int, _ computed: KeyRange, _ tile: KeyTile, row: Int
) {
    let scores = scratch.scores + slot * scratch.keys
    let first = computed.first
    let end = wholeVectors(computed.end)
    if group.softcap != 0 { capScores(scores, first: first, end: end, cap: group.softcap) }
    applyMasks(group, scores, computed, firstKey: tile.firstKey, row: row)
    hideUnseen(group, scores, computed, tile, row: row)
    scratch.rescale[slot] = exponentiate(
        group, scores, first: first, end: end, maximum: &scratch.rowMaximum[row], sum: &scratch.rowSum[row])
}

/// The online softmax of scores that are final: with nothing seen so far the maximum is -inf; then the exponentials are
/// taken relative to 0, so that -inf - -inf never arises.
/// - Returns: by how much what was summed under the old maximum shrinks.
@inline(__always)
private func exponentiate(
    _ group: HeadGroup, _ scores: UnsafeMutablePointer<Float>, first: Int, end: Int, maximum: inout Float,
    sum rowSum: inout Double
) -> Float {
    let oldMaximum = maximum
    maximum = largestScore(scores, first: first, end: end, atLeast: oldMaximum)
    let reference = maximum == -.infinity ? 0 : maximum
    if group.softmaxInDouble != 0 {
        return exponentiateInDouble(
            scores, first: first, end: end, reference: reference, oldMaximum: oldMaximum, sum: &rowSum)
    }
    let sum = exponentiate(scores, first: first, end: end, reference: reference)
    if oldMaximum == reference {
        rowSum += Double(sum)
        return 1
    }
    let rescale = exponential(oldMaximum - reference)
    rowSum = rowSum * Double(rescale) + Double(sum)
    return rescale
}

/// Two maxima side by side, so that one need not wait for the one before.
@inline(__always)
private func largestScore(
    _ scores: UnsafeMutablePointer<Float>, first: Int, end: Int, atLeast least: Float
) -> Float {
    var even = Lanes(repeating: least)
    var odd = even
    var j = first
    while j + 2 * laneCount <= end {
        even = larger(even, load(scores + j))
        odd = larger(odd, load(scores + j + laneCount))
        j += 2 * laneCount
    }
    if j < end { even = larger(even, load(scores + j)) }
    return largest(larger(even, odd))
}

/// Replaces the scores by their exponentials relative to `reference`, and returns the sum.
@inline(__always)
private func exponentiate(
    _ scores: UnsafeMutablePointer<Float>, first: Int, end: Int, reference: Float
) -> Float {
    var sums = Lanes(repeating: 0)
    let references = Lanes(repeating: reference)
    var j = first
    while j < end {
        let weights = exponential(load(scores + j) - references)
        store(weights, scores + j)
        sums += weights
        j += laneCount
    }
    return sum(sums)
}

/// The exponentials and their sum in float64, for `softmax_precision` = DOUBLE; the weights are rounded once.
private func exponentiateInDouble(
    _ scores: UnsafeMutablePointer<Float>, first: Int, end: Int, reference: Float, oldMaximum: Float,
    sum rowSum: inout Double
) -> Float {
    let rescale = exponentialInDouble(Double(oldMaximum) - Double(reference))
    var sum = rowSum * rescale
    for j in first..<end {
        let weight = exponentialInDouble(Double(scores[j]) - Double(reference))
        sum += weight
        scores[j] = Float(weight)
    }
    rowSum = sum
    return Float(rescale)
}

/// score = cap * tanh(score / cap). Divided, since the inverse of a subnormal cap is infinite.
@inline(__always)
func capScores(_ scores: UnsafeMutablePointer<Float>, first: Int, end: Int, cap: Float) {
    let caps = Lanes(repeating: cap)
    var j = first
    while j < end {
        store(hyperbolicTangent(load(scores + j) / caps) * caps, scores + j)
        j += laneCount
    }
}

/// Gives the computed scores that the window hides from `row`, and those that fill up the last vector, -inf.
@inline(__always)
func hideUnseen(
    _ group: HeadGroup, _ scores: UnsafeMutablePointer<Float>, _ computed: KeyRange, _ tile: KeyTile, row: Int
) {
    let end = wholeVectors(computed.end)
    let visible = group.visibleKeys(row: row, firstKey: tile.firstKey, count: computed.end)
    let firstHidden = max(visible.end, computed.first)
    if firstHidden < end { (scores + firstHidden).update(repeating: -.infinity, count: end - firstHidden) }
    let firstSeen = min(visible.first, end)
    if firstSeen > computed.first {
        (scores + computed.first).update(repeating: -.infinity, count: firstSeen - computed.first)
    }
}

/// Applies the masks of `row` to the computed scores; `firstKey` is the tile's.
@inline(__always)
func applyMasks(
    _ group: HeadGroup, _ scores: UnsafeMutablePointer<Float>, _ computed: KeyRange, firstKey: Int, row: Int
) {
    if computed.isEmpty { return }
    let count = computed.end - computed.first
    let scores = scores + computed.first
    if let mask = group.booleanMask {
        hideKeys(scores, where: mask + group.maskStart(row: row) + firstKey + computed.first, count: count)
    }
    if let mask = group.additiveMask {
        addBias(scores, mask + group.maskStart(row: row) + firstKey + computed.first, count: count)
    }
}

@inline(__always)
private func hideKeys(_ scores: UnsafeMutablePointer<Float>, where mask: UnsafePointer<UInt8>, count: Int) {
    let hidden = Lanes(repeating: -.infinity)
    var j = 0
    while j + laneCount <= count {
        let isHidden = widenedBytes(mask + j) .== LaneBits(repeating: 0)
        store(load(scores + j).replacing(with: hidden, where: isHidden), scores + j)
        j += laneCount
    }
    while j < count {
        if mask[j] == 0 { scores[j] = -.infinity }
        j += 1
    }
}

/// Adds the mask; where it is -inf the score is -inf whatever it was, NaN or +inf too: such a key is hidden.
@inline(__always)
private func addBias(_ scores: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>, count: Int) {
    let hidden = Lanes(repeating: -.infinity)
    var j = 0
    while j + laneCount <= count {
        let biases = load(bias + j)
        store((load(scores + j) + biases).replacing(with: hidden, where: biases .== hidden), scores + j)
        j += laneCount
    }
    while j < count {
        scores[j] = bias[j] == -.infinity ? -.infinity : scores[j] + bias[j]
        j += 1
    }
}
