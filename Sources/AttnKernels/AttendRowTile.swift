// Six rows at a time over a packed key tile. Legend in TileShape.swift.

/// Adds the keys of `tile` to rows `firstRow ..< firstRow + rowCount` (at most M); the tile is packed.
@inline(__always)
func attendRowTile(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>, _ tile: KeyTile,
    firstRow: Int, rowCount: Int
) {
    var keysSeen = 0
    for row in firstRow..<firstRow + rowCount {
        keysSeen = max(keysSeen, group.visibleKeys(row: row, firstKey: tile.firstKey, count: tile.count))
    }
    guard keysSeen > 0 else { return }

    scaleQueries(group, into: workspace + layout.queries, firstRow: firstRow, rowCount: rowCount)
    let paddedKeys = wholePanels(keysSeen)
    var j = 0
    while j < paddedKeys {
        multiplyTile(
            workspace + layout.queries, aStride: group.headSize,
            workspace + layout.packedKeys + j * group.headSize, bStride: panelWidth, depth: group.headSize,
            workspace + layout.scores + j, cStride: layout.keys)
        j += panelWidth
    }
    for i in 0..<rowCount {
        workspace[layout.rescale + i] = softmaxRow(
            group, workspace + layout.scores + i * layout.keys, paddedKeys: paddedKeys, tile, row: firstRow + i,
            maximum: &workspace[layout.rowMaximum + firstRow + i], sum: &workspace[layout.rowSum + firstRow + i])
    }
    addValues(group, layout, workspace, keysSeen: keysSeen, firstRow: firstRow, rowCount: rowCount)
}

/// Copies the rows' queries times the scale into [M][D], with zeros for rows that are not there.
@inline(__always)
private func scaleQueries(
    _ group: HeadGroup, into queries: UnsafeMutablePointer<Float>, firstRow: Int, rowCount: Int
) {
    for i in 0..<tileRows {
        let scaled = queries + i * group.headSize
        if i < rowCount {
            scaledCopy(group.q + (firstRow + i) * group.qStride, by: group.scale, into: scaled, count: group.headSize)
        } else {
            scaled.update(repeating: 0, count: group.headSize)
        }
    }
}

/// Output rows = output rows * rescale + weights * values, N columns at a time.
@inline(__always)
private func addValues(
    _ group: HeadGroup, _ layout: WorkspaceLayout, _ workspace: UnsafeMutablePointer<Float>, keysSeen: Int,
    firstRow: Int, rowCount: Int
) {
    let product = workspace + layout.product
    var c = 0
    while c < group.valueHeadSize {
        multiplyTile(
            workspace + layout.scores, aStride: layout.keys, workspace + layout.packedValues + c * layout.keys,
            bStride: panelWidth, depth: keysSeen, product, cStride: panelWidth)
        for i in 0..<rowCount {
            rescaleAndAdd(
                group.output + (firstRow + i) * group.outputStride + c, by: workspace[layout.rescale + i],
                product + i * panelWidth, count: min(panelWidth, group.valueHeadSize - c))
        }
        c += panelWidth
    }
}

@inline(__always)
private func rescaleAndAdd(
    _ output: UnsafeMutablePointer<Float>, by factor: Float, _ product: UnsafeMutablePointer<Float>, count: Int
) {
    if count == panelWidth {
        let factors = Lanes(repeating: factor)
        store(multiplyAdd(load(output), factors, load(product)), output)
        let high = output + laneCount
        store(multiplyAdd(load(high), factors, load(product + laneCount)), high)
    } else {
        for c in 0..<count {
            output[c] = output[c] * factor + product[c]
        }
    }
}

@inline(__always)
func scaledCopy(
    _ source: UnsafePointer<Float>, by factor: Float, into destination: UnsafeMutablePointer<Float>, count: Int
) {
    var d = 0
    while d + laneCount <= count {
        store(load(source + d) * factor, destination + d)
        d += laneCount
    }
    while d < count {
        destination[d] = source[d] * factor
        d += 1
    }
}
