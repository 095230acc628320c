// The register tile of linear layers, with as many rows as there are. Legend in TileShape.swift.

/// sums [rows][16] += x [rows][depth] slab [depth][16].
@inline(__always)
func addTile<E: Element>(
    _ x: UnsafePointer<Float>, xStride: Int, _ slab: UnsafePointer<E>, depth: Int,
    to sums: UnsafeMutablePointer<Float>, rows: Int
) {
    var column = 0
    while column < weightPanelWidth {
        switch rows {
        case 1: addTile(x, xStride, slab + column, depth, sums + column, literalRows: 1)
        case 2: addTile(x, xStride, slab + column, depth, sums + column, literalRows: 2)
        case 3: addTile(x, xStride, slab + column, depth, sums + column, literalRows: 3)
        case 4: addTile(x, xStride, slab + column, depth, sums + column, literalRows: 4)
        case 5: addTile(x, xStride, slab + column, depth, sums + column, literalRows: 5)
        default: addTile(x, xStride, slab + column, depth, sums + column, literalRows: 6)
        }
        column += panelWidth
    }
}

/// - Parameter literalRows: A literal, so that each of its values is a loop of its own.
@inline(__always)
private func addTile<E: Element>(
    _ x: UnsafePointer<Float>, _ xStride: Int, _ slab: UnsafePointer<E>, _ depth: Int,
    _ sums: UnsafeMutablePointer<Float>, literalRows rows: Int
) {
    var tile = RegisterTile(sums, stride: weightPanelWidth, rows: rows)
    tile.add(x, aStride: xStride, slab, bStride: weightPanelWidth, depth: depth, rows: rows)
    tile.store(to: sums, stride: weightPanelWidth, rows: rows)
}
