// A few rows over a key tile, for decoding: with so few rows the time goes into reading keys and values, so both are
// read as they lie and only once from memory. Legend in TileShape.swift.

import CAttnKernels

/// Rows that are computed together, so that a key or value is converted once for all of them.
private var rowsTogether: Int {
    @inline(__always) get { 4 }
}

/// Keys whose values are added before the next column strip: they stay in the first-level cache, so that every strip
/// but the first finds its lines there.
private var keysTogether: Int {
    @inline(__always) get { 16 }
}

/// How far ahead of the key or value in work the next ones are asked for, in bytes.
private var prefetchDistance: Int {
    @inline(__always) get { 4096 }
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
        scratch.rescale[row] = softmaxRow(
            group, scratch.scores + row * scratch.keys, computed, tile, row: row, maximum: &scratch.rowMaximum[row],
            sum: &scratch.rowSum[row])
    }
    for row in 0..<rows where scratch.rescale[row] != 1 {
        let output = group.output + row * group.valueHeadSize
        scaledCopy(UnsafePointer(output), by: scratch.rescale[row], into: output, count: group.valueHeadSize)
    }
    var first = computed.first
    while first < computed.end {
        let keys = KeyRange(first: first, end: min(first + keysTogether, computed.end))
        addValuesOfRows(group, scratch, tile, keys, E.self)
        first = keys.end
    }
}

// MARK: - Scores

@inline(__always)
private func scoreRows<E: Element>(
    _ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _ computed: KeyRange, _: E.Type
) {
    let size = group.headSize
    var row = 0
    while row + rowsTogether <= group.rows {
        let queries = scratch.queries + row * size
        let scores = scratch.scores + row * scratch.keys
        var j = computed.first
        while j + 2 <= computed.end {
            let key = group.key(tile.firstKey + j, E.self)
            prefetch(UnsafeRawPointer(key) + prefetchDistance)
            scoreFourRows(queries, size, key, into: scores + j, stride: scratch.keys)
            j += 2
        }
        while j < computed.end {
            for i in 0..<rowsTogether {
                scores[i * scratch.keys + j] = dot(
                    queries + i * size, group.key(tile.firstKey + j, E.self), count: size)
            }
            j += 1
        }
        row += rowsTogether
    }
    while row < group.rows {
        let query = scratch.queries + row * size
        let scores = scratch.scores + row * scratch.keys
        var j = computed.first
        while j + 4 <= computed.end {
            scoreFourKeys(query, size, group.key(tile.firstKey + j, E.self), into: scores + j)
            j += 4
        }
        while j < computed.end {
            scores[j] = dot(query, group.key(tile.firstKey + j, E.self), count: size)
            j += 1
        }
        row += 1
    }
}

/// Four dot products side by side, so that one sum need not wait for the one before.
@inline(__always)
private func scoreFourKeys<E: Element>(
    _ query: UnsafePointer<Float>, _ size: Int, _ keys: UnsafePointer<E>, into scores: UnsafeMutablePointer<Float>
) {
    var s0 = Lanes(repeating: 0)
    var s1 = s0
    var s2 = s0
    var s3 = s0
    var d = 0
    while d + laneCount <= size {
        let q = load(query + d)
        s0 = multiplyAdd(q, E.load(keys + d), s0)
        s1 = multiplyAdd(q, E.load(keys + size + d), s1)
        s2 = multiplyAdd(q, E.load(keys + 2 * size + d), s2)
        s3 = multiplyAdd(q, E.load(keys + 3 * size + d), s3)
        d += laneCount
    }
    var totals = sums(s0, s1, s2, s3)
    while d < size {
        totals +=
            SIMD4(
                E.loadOne(keys + d), E.loadOne(keys + size + d), E.loadOne(keys + 2 * size + d),
                E.loadOne(keys + 3 * size + d)) * query[d]
        d += 1
    }
    UnsafeMutableRawPointer(scores).storeBytes(of: totals, as: SIMD4<Float>.self)
}

/// Four rows against two keys; each key is converted once for all rows.
@inline(__always)
private func scoreFourRows<E: Element>(
    _ queries: UnsafePointer<Float>, _ size: Int, _ keys: UnsafePointer<E>, into scores: UnsafeMutablePointer<Float>,
    stride: Int
) {
    var a0 = Lanes(repeating: 0)
    var (a1, a2, a3) = (a0, a0, a0)
    var (b0, b1, b2, b3) = (a0, a0, a0, a0)
    var d = 0
    while d + laneCount <= size {
        let a = E.load(keys + d)
        let b = E.load(keys + size + d)
        let q0 = load(queries + d)
        a0 = multiplyAdd(q0, a, a0)
        b0 = multiplyAdd(q0, b, b0)
        let q1 = load(queries + size + d)
        a1 = multiplyAdd(q1, a, a1)
        b1 = multiplyAdd(q1, b, b1)
        let q2 = load(queries + 2 * size + d)
        a2 = multiplyAdd(q2, a, a2)
        b2 = multiplyAdd(q2, b, b2)
        let q3 = load(queries + 3 * size + d)
        a3 = multiplyAdd(q3, a, a3)
        b3 = multiplyAdd(q3, b, b3)
        d += laneCount
    }
    var first = sums(a0, a1, a2, a3)
    var second = sums(b0, b1, b2, b3)
    while d < size {
        let q = SIMD4(queries[d], queries[size + d], queries[2 * size + d], queries[3 * size + d])
        first += q * E.loadOne(keys + d)
        second += q * E.loadOne(keys + size + d)
        d += 1
    }
    for i in 0..<rowsTogether {
        scores[i * stride] = first[i]
        scores[i * stride + 1] = second[i]
    }
}

@inline(__always)
private func dot<E: Element>(_ a: UnsafePointer<Float>, _ b: UnsafePointer<E>, count: Int) -> Float {
    var sums = Lanes(repeating: 0)
    var d = 0
    while d + laneCount <= count {
        sums = multiplyAdd(load(a + d), E.load(b + d), sums)
        d += laneCount
    }
    var total = sum(sums)
    while d < count {
        total += a[d] * E.loadOne(b + d)
        d += 1
    }
    return total
}

// MARK: - Values

/// Adds weights * values of a few keys to every row's output.
@inline(__always)
private func addValuesOfRows<E: Element>(
    _ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _ keys: KeyRange, _: E.Type
) {
    let columns = group.valueHeadSize
    let values = group.value(tile.firstKey + keys.first, E.self)
    let count = keys.end - keys.first
    var row = 0
    while row + rowsTogether <= group.rows {
        let weights = scratch.scores + row * scratch.keys + keys.first
        let output = group.output + row * columns
        var c = 0
        while c + 2 * laneCount <= columns {
            addToFourRows(
                values + c, columns, weights, weightStride: scratch.keys, keys: count, to: output + c)
            c += 2 * laneCount
        }
        for i in 0..<rowsTogether {
            addColumns(values, weights + i * scratch.keys, keys: count, to: output + i * columns, columns, from: c)
        }
        row += rowsTogether
    }
    while row < group.rows {
        let weights = scratch.scores + row * scratch.keys + keys.first
        let output = group.output + row * columns
        var c = 0
        while c + 8 * laneCount <= columns {
            addEightVectors(values + c, columns, weights, keys: count, to: output + c)
            c += 8 * laneCount
        }
        addColumns(values, weights, keys: count, to: output, columns, from: c)
        row += 1
    }
}

/// Columns from `start` on, one vector at a time, then one by one.
@inline(__always)
private func addColumns<E: Element>(
    _ values: UnsafePointer<E>, _ weights: UnsafePointer<Float>, keys: Int, to output: UnsafeMutablePointer<Float>,
    _ columns: Int, from start: Int
) {
    var c = start
    while c + laneCount <= columns {
        var sums = load(output + c)
        for j in 0..<keys {
            sums = multiplyAdd(Lanes(repeating: weights[j]), E.load(values + j * columns + c), sums)
        }
        store(sums, output + c)
        c += laneCount
    }
    while c < columns {
        var total = output[c]
        for j in 0..<keys {
            total += weights[j] * E.loadOne(values + j * columns + c)
        }
        output[c] = total
        c += 1
    }
}

/// Two vectors of columns of four rows; each value is converted once for all rows.
@inline(__always)
private func addToFourRows<E: Element>(
    _ values: UnsafePointer<E>, _ columns: Int, _ weights: UnsafePointer<Float>, weightStride: Int, keys: Int,
    to output: UnsafeMutablePointer<Float>
) {
    var a0 = load(output)
    var b0 = load(output + laneCount)
    var a1 = load(output + columns)
    var b1 = load(output + columns + laneCount)
    var a2 = load(output + 2 * columns)
    var b2 = load(output + 2 * columns + laneCount)
    var a3 = load(output + 3 * columns)
    var b3 = load(output + 3 * columns + laneCount)
    var value = values
    for j in 0..<keys {
        let a = E.load(value)
        let b = E.load(value + laneCount)
        let w0 = Lanes(repeating: weights[j])
        a0 = multiplyAdd(w0, a, a0)
        b0 = multiplyAdd(w0, b, b0)
        let w1 = Lanes(repeating: weights[weightStride + j])
        a1 = multiplyAdd(w1, a, a1)
        b1 = multiplyAdd(w1, b, b1)
        let w2 = Lanes(repeating: weights[2 * weightStride + j])
        a2 = multiplyAdd(w2, a, a2)
        b2 = multiplyAdd(w2, b, b2)
        let w3 = Lanes(repeating: weights[3 * weightStride + j])
        a3 = multiplyAdd(w3, a, a3)
        b3 = multiplyAdd(w3, b, b3)
        value += columns
    }
    store(a0, output)
    store(b0, output + laneCount)
    store(a1, output + columns)
    store(b1, output + columns + laneCount)
    store(a2, output + 2 * columns)
    store(b2, output + 2 * columns + laneCount)
    store(a3, output + 3 * columns)
    store(b3, output + 3 * columns + laneCount)
}

@inline(__always)
private func addEightVectors<E: Element>(
    _ values: UnsafePointer<E>, _ columns: Int, _ weights: UnsafePointer<Float>, keys: Int,
    to output: UnsafeMutablePointer<Float>
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
        value += columns
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
