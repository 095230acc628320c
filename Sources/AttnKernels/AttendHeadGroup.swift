// Attention of one head group, flash style: key tiles outside, rows inside, softmax online. Legend in TileShape.swift.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Attention of one key/value head and the query heads that share it: O = softmax(scale * q k^T + mask) v and its lse.
///
/// A row is one query of one of the heads; rows follow each other head by head. Strides are in elements and hold from
/// row to row across heads too. Inputs may overlap each other, outputs nothing.
///
/// float32 in, out and in every accumulator. `output` is normalised over the keys seen; `lse`, the log-sum-exp of the
/// scores, is the natural log. A row that sees no key, or only scores of -inf, has O = 0 and lse = -inf. A NaN or +inf
/// score makes its row NaN. Weights of unseen keys are 0, but 0 times a value that is not finite is NaN, for all rows
/// that share its tile. Sums run in key order with one partial sum per vector lane, so the result has the same bits
/// each time, but not across variants. The scale is applied to the queries, so scale * q must not overflow either.
///
/// Allocates nothing and checks nothing.
///
/// Source: Dao et al., FlashAttention (2022), algorithm 1; Goto and van de Geijn (2008) for the packed panels.
///
/// - Parameters:
///   - q: [heads * queries][headSize].
///   - k: [keys][headSize].
///   - v: [keys][valueHeadSize].
///   - booleanMask: nil, or nonzero where a key is seen. Head h, query i start at
///     h * maskHeadStride + i * maskRowStride, where a stride of 0 repeats.
///   - additiveMask: nil, or added to the scaled score, laid out likewise; may be -inf.
///   - output: [heads * queries][valueHeadSize].
///   - lse: [heads * queries], contiguous.
///   - heads: At least 1; so are queries, keys and both sizes.
///   - keys: Keys that may be seen at all; those past a shorter mask are left out by making this smaller.
///   - causalOffset: Query i sees key j iff j <= i + causalOffset; in -queries...keys, where `keys` hides nothing.
///   - workspace: The `headGroupWorkspaceCount` floats of this shape, on a cache line.
@inline(never)
public func attendHeadGroup(
    q: UnsafePointer<Float>, qStride: Int, k: UnsafePointer<Float>, kStride: Int, v: UnsafePointer<Float>, vStride: Int,
    booleanMask: UnsafePointer<UInt8>?, additiveMask: UnsafePointer<Float>?, maskHeadStride: Int, maskRowStride: Int,
    output: UnsafeMutablePointer<Float>, outputStride: Int, lse: UnsafeMutablePointer<Float>, heads: Int, queries: Int,
    keys: Int, headSize: Int, valueHeadSize: Int, scale: Float, causalOffset: Int,
    workspace: UnsafeMutablePointer<Float>
) {
    let group = HeadGroup(
        q: q, qStride: qStride, k: k, kStride: kStride, v: v, vStride: vStride, booleanMask: booleanMask,
        additiveMask: additiveMask, maskHeadStride: maskHeadStride, maskRowStride: maskRowStride, output: output,
        outputStride: outputStride, lse: lse, heads: heads, queries: queries, keys: keys, headSize: headSize,
        valueHeadSize: valueHeadSize, scale: scale, causalOffset: causalOffset)
    let layout = WorkspaceLayout(rows: group.rows, keys: keys, headSize: headSize, valueHeadSize: valueHeadSize)
    beginRows(group, layout, workspace)
    // The last query sees the most.
    let keysSeen = group.visibleKeys(row: queries - 1, firstKey: 0, count: keys)
    var firstKey = 0
    while firstKey < keysSeen {
        let tile = KeyTile(firstKey: firstKey, count: min(layout.keys, keysSeen - firstKey))
        attendTile(group, layout, workspace, tile)
        firstKey += tile.count
    }
    finishRows(group, layout, workspace)
}

/// A run of keys short enough for the tiles of the workspace.
struct KeyTile {
    let firstKey: Int
    let count: Int
}

/// Adds the keys of `tile` to every row.
@inline(__always)
private func attendTile(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>, _ tile: KeyTile
) {
    let rows = group.rows
    if rows <= fewRows {
        for row in 0..<rows {
            attendRow(group, layout, workspace, tile, row: row)
        }
        return
    }
    packTile(group, layout, workspace, tile)
    var row = 0
    while row < rows {
        attendRowTile(group, layout, workspace, tile, firstRow: row, rowCount: min(tileRows, rows - row))
        row += tileRows
    }
}

/// Every row starts as attention over no key: maximum -inf, sum 0, output 0.
private func beginRows(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>
) {
    for row in 0..<group.rows {
        workspace[layout.rowMaximum + row] = -.infinity
        workspace[layout.rowSum + row] = 0
        (group.output + row * group.outputStride).update(repeating: 0, count: group.valueHeadSize)
    }
}

/// Divides by the sum of the exponentials; a sum of 0 marks a row that saw nothing, for any other has a term exp(0).
private func finishRows(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>
) {
    for row in 0..<group.rows {
        let rowSum = workspace[layout.rowSum + row]
        let output = group.output + row * group.outputStride
        if rowSum == 0 {
            output.update(repeating: 0, count: group.valueHeadSize)
            group.lse[row] = -.infinity
        } else {
            scaleRow(output, by: 1 / rowSum, count: group.valueHeadSize)
            group.lse[row] = workspace[layout.rowMaximum + row] + logf(rowSum)
        }
    }
}

@inline(__always)
func scaleRow(_ row: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    var c = 0
    while c + laneCount <= count {
        store(load(row + c) * factor, row + c)
        c += laneCount
    }
    while c < count {
        row[c] *= factor
        c += 1
    }
}
