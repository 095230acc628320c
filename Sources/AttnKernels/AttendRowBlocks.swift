// Many rows over a key tile, in blocks of R: scores, softmax and weighted values of a block before the next, each as
// products of register tiles over packed panels. Legend in TileShape.swift.

import CAttnKernels

/// Adds the keys of `tile` to every row.
@inline(__always)
func attendRowBlocks<E: Element>(_ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _: E.Type) {
    packKeys(group, scratch, tile, E.self)
    packValues(group, scratch, tile, E.self)
    var row = 0
    while row < group.rows {
        let block = RowBlock(firstRow: row, count: min(blockRows, group.rows - row))
        if setTileRanges(group, scratch, tile, block) {
            scaleQueries(group, scratch, block, E.self)
            attendRowBlock(group, scratch, tile, block)
        }
        row += blockRows
    }
}

/// Rows that pass over each panel together; at most R.
struct RowBlock {
    let firstRow: Int
    let count: Int

    /// Register tiles that hold the rows.
    @inline(__always)
    var tiles: Int { (count + tileRows - 1) / tileRows }

    /// Rows of register tile `t`.
    @inline(__always)
    func rows(inTile t: Int) -> Int { min(tileRows, count - t * tileRows) }
}

/// Finds the keys that each register tile of the block computes: from a panel's first to the last that a row sees.
/// - Returns: whether there is any.
private func setTileRanges(_ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _ block: RowBlock) -> Bool {
    var seesAny = false
    for t in 0..<block.tiles {
        let seen = group.visibleKeys(
            firstRow: block.firstRow + t * tileRows, rowCount: block.rows(inTile: t), firstKey: tile.firstKey,
            count: tile.count)
        let first = seen.first / panelWidth * panelWidth
        scratch.tileRanges[t] = seen.isEmpty ? KeyRange(first: 0, end: 0) : KeyRange(first: first, end: seen.end)
        seesAny = seesAny || !seen.isEmpty
    }
    return seesAny
}

@inline(never)
private func attendRowBlock(_ group: HeadGroup, _ scratch: Scratch, _ tile: KeyTile, _ block: RowBlock) {
    prefetchOutput(group, block)
    scoreBlock(group, scratch, block, panels: tile.count)
    for i in 0..<block.count {
        softmaxRow(group, scratch, slot: i, scratch.tileRanges[i / tileRows], tile, row: block.firstRow + i)
    }
    addValues(group, scratch, block)
}

/// Asks for the block's output while its scores are computed: the columns of a register tile are far apart in memory,
/// and the output of all rows does not stay in cache from one key tile to the next.
@inline(__always)
private func prefetchOutput(_ group: HeadGroup, _ block: RowBlock) {
    let output = UnsafeRawPointer(group.output + block.firstRow * group.valueHeadSize)
    var offset = 0
    while offset < block.count * group.valueHeadSize * 4 {
        prefetch(output + offset)
        offset += 64
    }
}

/// The raw scores of the block's rows, for the keys its tile ranges name: [R][keys].
@inline(__always)
func scoreBlock(_ group: HeadGroup, _ scratch: Scratch, _ block: RowBlock, panels count: Int) {
    var j = 0
    while j < count {
        let panel = scratch.packedKeys + j * group.headSize
        for t in 0..<block.tiles {
            let range = scratch.tileRanges[t]
            guard j >= range.first, j < range.end else { continue }
            let queries = scratch.queries + t * tileRows * group.headSize
            let scores = scratch.scores + t * tileRows * scratch.keys + j
            if group.scoreWeights == nil {
                multiplyTile(
                    queries, aStride: group.headSize, panel, depth: group.headSize, scores, cStride: scratch.keys)
            } else {
                scoreAdditively(
                    group, queries, panel, firstRow: block.firstRow + t * tileRows, rowCount: block.rows(inTile: t),
                    into: scores, stride: scratch.keys)
            }
        }
        j += panelWidth
    }
}

/// Copies the block's queries times the scale into [R][D], with zeros for rows that fill up a register tile.
///
/// Additive scoring takes the queries as they are.
@inline(__always)
func scaleQueries<E: Element>(_ group: HeadGroup, _ scratch: Scratch, _ block: RowBlock, _: E.Type) {
    let scale = group.scoreWeights == nil ? group.scale : 1
    scaledCopy(
        group.query(block.firstRow, E.self), by: scale, into: scratch.queries, count: block.count * group.headSize)
    let missing = block.tiles * tileRows - block.count
    (scratch.queries + block.count * group.headSize).update(repeating: 0, count: missing * group.headSize)
}

/// Output rows = output rows * rescale + weights * values, N columns at a time.
@inline(__always)
private func addValues(_ group: HeadGroup, _ scratch: Scratch, _ block: RowBlock) {
    var c = 0
    while c < group.valueHeadSize {
        let panel = scratch.packedValues + c * scratch.keys
        for t in 0..<block.tiles {
            let range = scratch.tileRanges[t]
            if range.isEmpty { continue }
            let weights = scratch.scores + t * tileRows * scratch.keys + range.first
            let output = group.output + (block.firstRow + t * tileRows) * group.valueHeadSize + c
            let rescale = scratch.rescale + t * tileRows
            let rows = block.rows(inTile: t)
            let columns = min(panelWidth, group.valueHeadSize - c)
            let depth = range.end - range.first
            if rows == tileRows, columns == panelWidth {
                rescaleAndAddTile(
                    weights, aStride: scratch.keys, panel + range.first * panelWidth, depth: depth, output,
                    cStride: group.valueHeadSize, factors: rescale)
            } else {
                multiplyTile(
                    weights, aStride: scratch.keys, panel + range.first * panelWidth, depth: depth, scratch.product,
                    cStride: panelWidth)
                rescaleAndAdd(
                    output, stride: group.valueHeadSize, by: rescale, scratch.product, rows: rows, columns: columns)
            }
        }
        c += panelWidth
    }
}

/// What a whole register tile does, for one whose rows or columns are not all there.
private func rescaleAndAdd(
    _ output: UnsafeMutablePointer<Float>, stride: Int, by factors: UnsafeMutablePointer<Float>,
    _ product: UnsafeMutablePointer<Float>, rows: Int, columns: Int
) {
    for i in 0..<rows {
        for c in 0..<columns {
            output[i * stride + c] = output[i * stride + c] * factors[i] + product[i * panelWidth + c]
        }
    }
}

@inline(__always)
func scaledCopy<E: Element>(
    _ source: UnsafePointer<E>, by factor: Float, into destination: UnsafeMutablePointer<Float>, count: Int
) {
    var d = 0
    while d + laneCount <= count {
        store(E.load(source + d) * factor, destination + d)
        d += laneCount
    }
    while d < count {
        destination[d] = E.loadOne(source + d) * factor
        d += 1
    }
}
