// The scores of a head group, for those who want to see them (ONNX's output qk_matmul_output): the first half of what
// attention computes, by the same tiles. Legend in TileShape.swift.

public import CAttnKernels

/// Writes the scores of a head group at a stage: 0, scale * q k^T; 1, capped; 2, with the masks, -inf where a mask or
/// the window hides the key.
///
/// `scores` is [heads * queries][scoreStride], of which the first `keys` of each row are written; whatever the window
/// hides is computed too. `output` and `lse` of the group are not touched. Allocates nothing and checks nothing.
///
/// - Parameter workspace: As for `attendHeadGroup`.
@inline(never)
public func scoreHeadGroup(
    _ group: UnsafePointer<HeadGroup>, stage: Int, into scores: UnsafeMutablePointer<Float>, scoreStride: Int,
    workspace: UnsafeMutablePointer<Float>
) {
    switch Int(group.pointee.format) {
    case ElementFormatFloat16: scoreKeys(group.pointee, stage, scores, scoreStride, workspace, Half.self)
    case ElementFormatBFloat16: scoreKeys(group.pointee, stage, scores, scoreStride, workspace, BFloat16.self)
    default: scoreKeys(group.pointee, stage, scores, scoreStride, workspace, Single.self)
    }
}

@inline(__always)
private func scoreKeys<E: Element>(
    _ group: HeadGroup, _ stage: Int, _ scores: UnsafeMutablePointer<Float>, _ scoreStride: Int,
    _ workspace: UnsafeMutablePointer<Float>, _: E.Type
) {
    let scratch = Scratch(
        workspace,
        ScratchLayout(
            rows: group.rows, keys: group.keys, headSize: group.headSize, valueHeadSize: group.valueHeadSize))
    var firstKey = 0
    while firstKey < group.keys {
        let tile = KeyTile(firstKey: firstKey, count: min(scratch.keys, group.keys - firstKey))
        packKeys(group, scratch, tile, E.self)
        var row = 0
        while row < group.rows {
            let block = RowBlock(firstRow: row, count: min(blockRows, group.rows - row))
            for t in 0..<block.tiles { scratch.tileRanges[t] = KeyRange(first: 0, end: tile.count) }
            scaleQueries(group, scratch, block, E.self)
            scoreBlock(group, scratch, block, panels: tile.count)
            for i in 0..<block.count {
                finishScores(group, scratch.scores + i * scratch.keys, tile, row: row + i, stage)
                (scores + (row + i) * scoreStride + firstKey)
                    .update(from: scratch.scores + i * scratch.keys, count: tile.count)
            }
            row += blockRows
        }
        firstKey += tile.count
    }
}

@inline(__always)
private func finishScores(
    _ group: HeadGroup, _ scores: UnsafeMutablePointer<Float>, _ tile: KeyTile, row: Int, _ stage: Int
) {
    let computed = KeyRange(first: 0, end: tile.count)
    if stage >= 1, group.softcap != 0 {
        capScores(scores, first: 0, end: wholeVectors(tile.count), cap: group.softcap)
    }
    if stage >= 2 {
        applyMasks(group, scores, computed, firstKey: tile.firstKey, row: row)
        hideUnseen(group, scores, computed, tile, row: row)
    }
}
