// Attention of one head group, flash style: key tiles outside, rows inside, softmax online. Legend in TileShape.swift.

public import CAttnKernels

/// Attention of one key/value head and the query heads that share it: O = softmax(mask(cap(score(q, k)))) v and its lse.
///
/// `HeadGroup` says what the operands are. float32 in every accumulator, the row sums in float64. `output` is
/// normalised over the keys seen; `lse`, the log-sum-exp of the scores, is the natural log. A row that sees no key, or
/// only scores of -inf, has O = 0 and lse = -inf. A NaN or +inf score makes its row NaN. Weights of unseen keys are 0,
/// but 0 times a value that is not finite is NaN, for all rows that share its tile. Sums run in key order with one
/// partial sum per vector lane, so the result has the same bits each time, but not across variants. The scale is
/// applied to the queries, so scale * q must not overflow either.
///
/// Allocates nothing and checks nothing.
///
/// Source: Dao et al., FlashAttention (2022), algorithm 1; Goto and van de Geijn (2008) for the packed panels.
///
/// - Parameter workspace: The `headGroupWorkspaceCount` floats of this shape, on a cache line.
@inline(never)
public func attendHeadGroup(_ group: UnsafePointer<HeadGroup>, workspace: UnsafeMutablePointer<Float>) {
    switch Int(group.pointee.format) {
    case ElementFormatFloat16: attendKeys(group.pointee, workspace, Half.self)
    case ElementFormatBFloat16: attendKeys(group.pointee, workspace, BFloat16.self)
    default: attendKeys(group.pointee, workspace, Single.self)
    }
}

/// A run of keys short enough for the tiles of the workspace.
struct KeyTile {
    let firstKey: Int
    let count: Int
}

@inline(__always)
private func attendKeys<E: Element>(_ group: HeadGroup, _ workspace: UnsafeMutablePointer<Float>, _: E.Type) {
    let scratch = Scratch(
        workspace,
        ScratchLayout(
            rows: group.rows, keys: group.keys, headSize: group.headSize, valueHeadSize: group.valueHeadSize))
    beginRows(group, scratch)
    let readAsTheyLie = group.rows <= fewRows && group.scoreWeights == nil
    // The first query sees the furthest back, the last the furthest on.
    let end = min(group.keys, group.queries + group.windowLast)
    var firstKey = max(0, group.windowFirst)
    while firstKey < end {
        let tile = KeyTile(firstKey: firstKey, count: min(scratch.keys, end - firstKey))
        if readAsTheyLie {
            attendFewRows(group, scratch, tile, E.self)
        } else {
            attendRowBlocks(group, scratch, tile, E.self)
        }
        firstKey += tile.count
    }
    finishRows(group, scratch)
}

/// Every row starts as attention over no key: maximum -inf, sum 0, output 0.
private func beginRows(_ group: HeadGroup, _ scratch: Scratch) {
    for row in 0..<group.rows {
        scratch.rowMaximum[row] = -.infinity
        scratch.rowSum[row] = 0
    }
    group.output.update(repeating: 0, count: group.rows * group.valueHeadSize)
}

/// Divides by the sum of the exponentials; a sum of 0 marks a row that saw nothing, for any other has a term exp(0).
private func finishRows(_ group: HeadGroup, _ scratch: Scratch) {
    for row in 0..<group.rows {
        let rowSum = scratch.rowSum[row]
        let output = group.output + row * group.valueHeadSize
        if rowSum == 0 {
            output.update(repeating: 0, count: group.valueHeadSize)
            group.lse[row] = -.infinity
        } else {
            scaleRow(output, by: Float(1 / rowSum), count: group.valueHeadSize)
            group.lse[row] = Float(Double(scratch.rowMaximum[row]) + naturalLogarithmInDouble(rowSum))
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
