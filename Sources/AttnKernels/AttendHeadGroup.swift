// Attention of one head group, flash style: key tiles outside, rows inside, softmax online. Legend in TileShape.swift.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Attention of every row of the group over its keys: O = softmax(scale * q k^T + mask) v and the log-sum-exp of the
/// scores.
///
/// float32 in, out and in every accumulator. `output` is normalised over the keys seen; `lse` is the natural log. A
/// row that sees no key, or only scores of -inf, has O = 0 and lse = -inf. A NaN or +inf score makes its row NaN.
/// Weights of unseen keys are 0, but 0 times a value that is not finite is NaN, for all rows that share its tile.
/// Sums run in key order with one partial sum per vector lane, so the result has the same bits each time, but not
/// across variants.
///
/// `workspace` has the `headGroupWorkspaceCount` floats of this shape. Allocates nothing and checks nothing.
///
/// Source: Dao et al., FlashAttention (2022), algorithm 1; Goto and van de Geijn (2008) for the packed panels.
@inline(never)
public func attendHeadGroup(_ group: HeadGroup, workspace: UnsafeMutablePointer<Float>) {
    let rows = group.heads * group.queries
    let layout = WorkspaceLayout(
        rows: rows, keys: group.keys, headSize: group.headSize, valueHeadSize: group.valueHeadSize)
    beginRows(group, layout, workspace, rows: rows)

    // The last query sees the most.
    let keysSeen = group.visibleKeys(row: group.queries - 1, firstKey: 0, count: group.keys)
    var firstKey = 0
    while firstKey < keysSeen {
        let tile = KeyTile(firstKey: firstKey, count: min(layout.keys, keysSeen - firstKey))
        if rows <= fewRows {
            for row in 0..<rows {
                attendRow(group, layout, workspace, tile, row: row)
            }
        } else {
            packTile(group, layout, workspace, tile)
            var row = 0
            while row < rows {
                attendRowTile(group, layout, workspace, tile, firstRow: row, rowCount: min(tileRows, rows - row))
                row += tileRows
            }
        }
        firstKey += tile.count
    }
    finishRows(group, layout, workspace, rows: rows)
}

/// A run of keys short enough for the tiles of the workspace.
struct KeyTile {
    let firstKey: Int
    let count: Int
}

/// Every row starts as attention over no key: maximum -inf, sum 0, output 0.
private func beginRows(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>, rows: Int
) {
    for row in 0..<rows {
        workspace[layout.rowMaximum + row] = -.infinity
        workspace[layout.rowSum + row] = 0
        (group.output + row * group.outputStride).update(repeating: 0, count: group.valueHeadSize)
    }
}

/// Divides by the sum of the exponentials; a sum of 0 marks a row that saw nothing, for any other has a term exp(0).
private func finishRows(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>, rows: Int
) {
    for row in 0..<rows {
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
