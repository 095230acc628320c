// One row over a key tile, for decoding: with so few rows the time goes into reading keys and values, so both are
// read as they lie and only once from memory (the tile stays in cache for the next row). Legend in TileShape.swift.

/// Adds the keys of `tile` to row `row`.
@inline(__always)
func attendRow(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>, _ tile: KeyTile, row: Int
) {
    let keysSeen = group.visibleKeys(row: row, firstKey: tile.firstKey, count: tile.count)
    guard keysSeen > 0 else { return }

    let query = workspace + layout.queries
    let scores = workspace + layout.scores
    scaledCopy(group.q + row * group.qStride, by: group.scale, into: query, count: group.headSize)
    let keys = group.k + tile.firstKey * group.kStride
    var j = 0
    while j + 4 <= keysSeen {
        scoreFourKeys(query, keys + j * group.kStride, stride: group.kStride, count: group.headSize, into: scores + j)
        j += 4
    }
    while j < keysSeen {
        scores[j] = dot(query, keys + j * group.kStride, count: group.headSize)
        j += 1
    }

    let paddedKeys = (keysSeen + laneCount - 1) / laneCount * laneCount
    let rescale = softmaxRow(
        group, scores, paddedKeys: paddedKeys, tile, row: row, maximum: &workspace[layout.rowMaximum + row],
        sum: &workspace[layout.rowSum + row])
    addWeightedValues(
        group.v + tile.firstKey * group.vStride, stride: group.vStride, weights: scores, keys: keysSeen,
        to: group.output + row * group.outputStride, rescaledBy: rescale, columns: group.valueHeadSize)
}

/// Four dot products side by side, so that one sum need not wait for the one before.
@inline(__always)
private func scoreFourKeys(
    _ query: UnsafePointer<Float>, _ keys: UnsafePointer<Float>, stride: Int, count: Int,
    into scores: UnsafeMutablePointer<Float>
) {
    var s0 = Lanes(repeating: 0)
    var s1 = s0
    var s2 = s0
    var s3 = s0
    var d = 0
    while d + laneCount <= count {
        let q = load(query + d)
        s0 = multiplyAdd(q, load(keys + d), s0)
        s1 = multiplyAdd(q, load(keys + stride + d), s1)
        s2 = multiplyAdd(q, load(keys + 2 * stride + d), s2)
        s3 = multiplyAdd(q, load(keys + 3 * stride + d), s3)
        d += laneCount
    }
    var totals = SIMD4(sum(s0), sum(s1), sum(s2), sum(s3))
    while d < count {
        totals += SIMD4(keys[d], keys[stride + d], keys[2 * stride + d], keys[3 * stride + d]) * query[d]
        d += 1
    }
    UnsafeMutableRawPointer(scores).storeBytes(of: totals, as: SIMD4<Float>.self)
}

@inline(__always)
private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
    var sums = Lanes(repeating: 0)
    var d = 0
    while d + laneCount <= count {
        sums = multiplyAdd(load(a + d), load(b + d), sums)
        d += laneCount
    }
    var total = sum(sums)
    while d < count {
        total += a[d] * b[d]
        d += 1
    }
    return total
}

/// output = output * rescale + weights * values, eight vectors of columns at a time, then one, then single columns.
@inline(__always)
private func addWeightedValues(
    _ values: UnsafePointer<Float>, stride: Int, weights: UnsafePointer<Float>, keys: Int,
    to output: UnsafeMutablePointer<Float>, rescaledBy rescale: Float, columns: Int
) {
    var c = 0
    while c + 8 * laneCount <= columns {
        addEightVectors(values + c, stride: stride, weights: weights, keys: keys, to: output + c, rescaledBy: rescale)
        c += 8 * laneCount
    }
    while c + laneCount <= columns {
        var sums = load(output + c) * rescale
        for j in 0..<keys {
            sums = multiplyAdd(Lanes(repeating: weights[j]), load(values + j * stride + c), sums)
        }
        store(sums, output + c)
        c += laneCount
    }
    while c < columns {
        var total = output[c] * rescale
        for j in 0..<keys {
            total += weights[j] * values[j * stride + c]
        }
        output[c] = total
        c += 1
    }
}

@inline(__always)
private func addEightVectors(
    _ values: UnsafePointer<Float>, stride: Int, weights: UnsafePointer<Float>, keys: Int,
    to output: UnsafeMutablePointer<Float>, rescaledBy rescale: Float
) {
    let factor = Lanes(repeating: rescale)
    var s0 = load(output) * factor
    var s1 = load(output + laneCount) * factor
    var s2 = load(output + 2 * laneCount) * factor
    var s3 = load(output + 3 * laneCount) * factor
    var s4 = load(output + 4 * laneCount) * factor
    var s5 = load(output + 5 * laneCount) * factor
    var s6 = load(output + 6 * laneCount) * factor
    var s7 = load(output + 7 * laneCount) * factor
    var value = values
    for j in 0..<keys {
        let weight = Lanes(repeating: weights[j])
        s0 = multiplyAdd(weight, load(value), s0)
        s1 = multiplyAdd(weight, load(value + laneCount), s1)
        s2 = multiplyAdd(weight, load(value + 2 * laneCount), s2)
        s3 = multiplyAdd(weight, load(value + 3 * laneCount), s3)
        s4 = multiplyAdd(weight, load(value + 4 * laneCount), s4)
        s5 = multiplyAdd(weight, load(value + 5 * laneCount), s5)
        s6 = multiplyAdd(weight, load(value + 6 * laneCount), s6)
        s7 = multiplyAdd(weight, load(value + 7 * laneCount), s7)
        value += stride
    }
    store(s0, output)
    store(s1, output + laneCount)
    store(s2, output + 2 * laneCount)
    store(s3, output + 3 * laneCount)
    store(s4, output + 4 * laneCount)
    store(s5, output + 5 * laneCount)
    store(s6, output + 6 * laneCount)
    store(s7, output + 7 * laneCount)
}
