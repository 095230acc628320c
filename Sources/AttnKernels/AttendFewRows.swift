// A few rows over a key tile, for decoding: with so few rows the time goes into reading keys and values, so both are
// read as they lie and only once from memory. Legend in TileShape.swift.

import CAttnKernels

// Memory is read in order, a key or a few neighbouring values at a time: the processor's own prefetching follows that and
// nothing more elaborate (measured: 22 GB/s in order, 11 with four keys of 512 bytes side by side).

/// Rows that are computed together, so that a key or value is read and converted once for all of them.
private var rowsTogether: Int {
    @inline(__always) get { 4 }
}

/// Adds the keys of `tile` to every row.
@inline(__always)
func attendFewRows<E: Element>(_ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _: E.Type) {
    let rows = group.rows
    let seen = group.visibleKeys(firstRow: 0, rowCount: rows, firstKey: tile.firstKey, count: tile.count)
    if seen.isEmpty { return }
    // Whole vectors of scores.
    let computed = KeyRange(first: seen.first / laneCount * laneCount, end: seen.end)
    scaledCopy(group.query(0, E.self), by: group.scale, into: scratch.queries, count: rows * group.headSize)
    scoreRows(group, scratch, tile, computed, E.self)
    for row in 0..<rows {
        softmaxRow(group, scratch, slot: row, computed, tile, row: row)
    }
    for row in 0..<rows where scratch.rescale[row] != 1 {
        scaleRow(group.output + row * group.valueHeadSize, by: scratch.rescale[row], count: group.valueHeadSize)
    }
    addValuesToRows(group, scratch, tile, computed, E.self)
}

// MARK: - Scores

@inline(__always)
private func scoreRows<E: Element>(
    _ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _ computed: KeyRange, _: E.Type
) {
    let size = group.headSize
    var row = 0
    while row + rowsTogether <= group.rows {
        let scores = scratch.scores + row * scratch.keys
        for j in computed.first..<computed.end {
            let four = dotOfFourRows(scratch.queries + row * size, group.key(tile.firstKey + j, E.self), count: size)
            for i in 0..<rowsTogether { scores[i * scratch.keys + j] = four[i] }
        }
        row += rowsTogether
    }
    while row < group.rows {
        let query = scratch.queries + row * size
        let scores = scratch.scores + row * scratch.keys
        for j in computed.first..<computed.end {
            scores[j] = dot(query, group.key(tile.firstKey + j, E.self), count: size)
        }
        row += 1
    }
}

/// Four rows against a key.
@inline(__always)
private func dotOfFourRows<E: Element>(
    _ queries: UnsafePointer<Float>, _ key: UnsafePointer<E>, count: Int
) -> SIMD4<Float> {
    let zero = Lanes(repeating: 0)
    var (s0, s1, s2, s3) = (zero, zero, zero, zero)
    var d = 0
    while d + laneCount <= count {
        let k = E.load(key + d)
        s0 = multiplyAdd(load(queries + d), k, s0)
        s1 = multiplyAdd(load(queries + count + d), k, s1)
        s2 = multiplyAdd(load(queries + 2 * count + d), k, s2)
        s3 = multiplyAdd(load(queries + 3 * count + d), k, s3)
        d += laneCount
    }
    var totals = sums(s0, s1, s2, s3)
    while d < count {
        let q = SIMD4(queries[d], queries[count + d], queries[2 * count + d], queries[3 * count + d])
        totals += q * E.loadOne(key + d)
        d += 1
    }
    return totals
}

/// One row against a key, in four sums, so that one need not wait for the one before.
@inline(__always)
private func dot<E: Element>(_ query: UnsafePointer<Float>, _ key: UnsafePointer<E>, count: Int) -> Float {
    let zero = Lanes(repeating: 0)
    var (s0, s1, s2, s3) = (zero, zero, zero, zero)
    var d = 0
    while d + 4 * laneCount <= count {
        s0 = multiplyAdd(load(query + d), E.load(key + d), s0)
        s1 = multiplyAdd(load(query + d + laneCount), E.load(key + d + laneCount), s1)
        s2 = multiplyAdd(load(query + d + 2 * laneCount), E.load(key + d + 2 * laneCount), s2)
        s3 = multiplyAdd(load(query + d + 3 * laneCount), E.load(key + d + 3 * laneCount), s3)
        d += 4 * laneCount
    }
    while d + laneCount <= count {
        s0 = multiplyAdd(load(query + d), E.load(key + d), s0)
        d += laneCount
    }
    var total = sum((s0 + s1) + (s2 + s3))
    while d < count {
        total += query[d] * E.loadOne(key + d)
        d += 1
    }
    return total
}

// MARK: - Values

/// Adds weights * values to every row's output, which is short and stays in the first-level cache.
@inline(__always)
private func addValuesToRows<E: Element>(
    _ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _ computed: KeyRange, _: E.Type
) {
    let columns = group.valueHeadSize
    var row = 0
    while row + rowsTogether <= group.rows {
        let weights = scratch.scores + row * scratch.keys
        let output = group.output + row * columns
        var j = computed.first
        while j < computed.end {
            addValueToFourRows(
                group.value(tile.firstKey + j, E.self), weights + j, weightStride: scratch.keys, to: output, columns)
            j += 1
        }
        row += rowsTogether
    }
    while row < group.rows {
        let weights = scratch.scores + row * scratch.keys
        let output = group.output + row * columns
        var j = computed.first
        if columns == 8 * laneCount {
            addEightVectors(
                group.value(tile.firstKey + j, E.self), weights + j, keys: computed.end - j, to: output)
            j = computed.end
        }
        while j < computed.end {
            addValue(group.value(tile.firstKey + j, E.self), times: weights[j], to: output, columns)
            j += 1
        }
        row += 1
    }
}

/// output += the weighted sum of values of eight vectors, which stays in registers.
@inline(__always)
private func addEightVectors<E: Element>(
    _ values: UnsafePointer<E>, _ weights: UnsafePointer<Float>, keys: Int, to output: UnsafeMutablePointer<Float>
) {
    var s0 = load(output)
    var s1 = load(output + laneCount)
    var s2 = load(output + 2 * laneCount)
    var s3 = load(output + 3 * laneCount)
    var s4 = load(output + 4 * laneCount)
    var s5 = load(output + 5 * laneCount)
    var s6 = load(output + 6 * laneCount)
    var s7 = load(output + 7 * laneCount)
    var value = values
    for j in 0..<keys {
        let weight = Lanes(repeating: weights[j])
        s0 = multiplyAdd(weight, E.load(value), s0)
        s1 = multiplyAdd(weight, E.load(value + laneCount), s1)
        s2 = multiplyAdd(weight, E.load(value + 2 * laneCount), s2)
        s3 = multiplyAdd(weight, E.load(value + 3 * laneCount), s3)
        s4 = multiplyAdd(weight, E.load(value + 4 * laneCount), s4)
        s5 = multiplyAdd(weight, E.load(value + 5 * laneCount), s5)
        s6 = multiplyAdd(weight, E.load(value + 6 * laneCount), s6)
        s7 = multiplyAdd(weight, E.load(value + 7 * laneCount), s7)
        value += 8 * laneCount
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

/// output += weight * value.
@inline(__always)
private func addValue<E: Element>(
    _ value: UnsafePointer<E>, times weight: Float, to output: UnsafeMutablePointer<Float>, _ columns: Int
) {
    var c = 0
    while c + laneCount <= columns {
        store(multiplyAdd(Lanes(repeating: weight), E.load(value + c), load(output + c)), output + c)
        c += laneCount
    }
    while c < columns {
        output[c] += weight * E.loadOne(value + c)
        c += 1
    }
}

/// The outputs of four rows += a weighted value, which is converted once for all rows.
@inline(__always)
private func addValueToFourRows<E: Element>(
    _ value: UnsafePointer<E>, _ weights: UnsafePointer<Float>, weightStride: Int,
    to output: UnsafeMutablePointer<Float>, _ columns: Int
) {
    let w0 = Lanes(repeating: weights[0])
    let w1 = Lanes(repeating: weights[weightStride])
    let w2 = Lanes(repeating: weights[2 * weightStride])
    let w3 = Lanes(repeating: weights[3 * weightStride])
    var c = 0
    while c + laneCount <= columns {
        let v = E.load(value + c)
        let out = output + c
        store(multiplyAdd(w0, v, load(out)), out)
        store(multiplyAdd(w1, v, load(out + columns)), out + columns)
        store(multiplyAdd(w2, v, load(out + 2 * columns)), out + 2 * columns)
        store(multiplyAdd(w3, v, load(out + 3 * columns)), out + 3 * columns)
        c += laneCount
    }
    while c < columns {
        for i in 0..<rowsTogether { output[i * columns + c] += weights[i * weightStride] * E.loadOne(value + c) }
        c += 1
    }
}
