// The register tile of linear layers, with as many rows as there are. Legend in TileShape.swift.

/// sums [rows][16] += x slab [depth][16], for x interleaved, [depth][rows].
///
/// - Parameter step: Bytes from `ahead` on that are asked for with each input; 0: nothing is.
@inline(__always)
func addTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, depth: Int, to sums: UnsafeMutablePointer<Float>, rows: Int,
    askingFor ahead: UnsafeRawPointer, by step: Int
) {
    var column = 0
    while column < weightPanelWidth {
        let (slab, sums) = (slab + column, sums + column)
        if step > 0 {
            addTile(x, slab, depth, sums, rows, asking: true, ahead, step)
        } else {
            addTile(x, slab, depth, sums, rows, asking: false, ahead, 0)
        }
        column += panelWidth
    }
}

@inline(__always)
private func addTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, _ depth: Int, _ sums: UnsafeMutablePointer<Float>, _ rows: Int,
    asking: Bool, _ ahead: UnsafeRawPointer, _ step: Int
) {
    switch rows {
    case 1: addTile(x, slab, depth, sums, literalRows: 1, asking, ahead, step)
    case 2: addTile(x, slab, depth, sums, literalRows: 2, asking, ahead, step)
    case 3: addTile(x, slab, depth, sums, literalRows: 3, asking, ahead, step)
    case 4: addTile(x, slab, depth, sums, literalRows: 4, asking, ahead, step)
    case 5: addTile(x, slab, depth, sums, literalRows: 5, asking, ahead, step)
    default: addTile(x, slab, depth, sums, literalRows: 6, asking, ahead, step)
    }
}

/// - Parameters:
///   - rows: A literal, so that each of its values is a loop of its own.
///   - asking: A literal as well.
@inline(__always)
private func addTile<E: Element>(
    _ x: UnsafePointer<Float>, _ slab: UnsafePointer<E>, _ depth: Int, _ sums: UnsafeMutablePointer<Float>,
    literalRows rows: Int, _ asking: Bool, _ ahead: UnsafeRawPointer, _ step: Int
) {
    var tile = RegisterTile(sums, stride: weightPanelWidth, rows: rows)
    tile.addInterleaved(
        x, slab, bStride: weightPanelWidth, depth: depth, rows: rows, asking: asking, for: ahead, by: step)
    tile.store(to: sums, stride: weightPanelWidth, rows: rows)
}
