// The register tile of linear layers, with as many rows as there are. Legend in TileShape.swift.

/// sums [rows][16] += x slab [depth][16], for x interleaved, [depth][rows].
///
/// - Parameter lines: Cache lines from `ahead` on that are asked for with each four inputs.
@inline(__always)
func addTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, depth: Int, to sums: UnsafeMutablePointer<Float>, rows: Int,
    askingFor ahead: UnsafeRawPointer, lines: Int
) {
    var lines = lines
    var column = 0
    while column < weightPanelWidth {
        let (slab, sums) = (slab + column, sums + column)
        switch rows {
        case 1: addTile(x, slab, depth, sums, literalRows: 1)
        case 2: addTile(x, slab, depth, sums, literalRows: 2)
        case 3: addTile(x, slab, depth, sums, literalRows: 3)
        case 4: addTile(x, slab, depth, sums, literalRows: 4)
        case 5: addTile(x, slab, depth, sums, literalRows: 5)
        default: addWholeTile(x, slab, depth, sums, ahead, lines)
        }
        lines = 0
        column += panelWidth
    }
}

/// - Parameter rows: A literal, so that each of its values is a loop of its own.
@inline(__always)
private func addTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, _ depth: Int, _ sums: UnsafeMutablePointer<Float>,
    literalRows rows: Int
) {
    var tile = RegisterTile(sums, stride: weightPanelWidth, rows: rows)
    tile.addInterleaved(x, slab, bStride: weightPanelWidth, depth: depth, rows: rows)
    tile.store(to: sums, stride: weightPanelWidth, rows: rows)
}

@inline(__always)
private func addWholeTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, _ depth: Int, _ sums: UnsafeMutablePointer<Float>,
    _ ahead: UnsafeRawPointer, _ lines: Int
) {
    switch lines {
    case 0: addWholeTile(x, slab, depth, sums, ahead, literalLines: 0)
    case 1: addWholeTile(x, slab, depth, sums, ahead, literalLines: 1)
    case 2: addWholeTile(x, slab, depth, sums, ahead, literalLines: 2)
    default: addWholeTile(x, slab, depth, sums, ahead, literalLines: 4)
    }
}

@inline(__always)
private func addWholeTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, _ depth: Int, _ sums: UnsafeMutablePointer<Float>,
    _ ahead: UnsafeRawPointer, literalLines lines: Int
) {
    var tile = RegisterTile(sums, stride: weightPanelWidth, rows: tileRows)
    tile.addInterleavedRows(
        x, slab, bStride: weightPanelWidth, depth: depth, askingFor: ahead, lines: lines)
    tile.store(to: sums, stride: weightPanelWidth, rows: tileRows)
}
