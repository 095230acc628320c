// Products of a register tile, for scores and weighted values. Legend in TileShape.swift.

/// C = A B for a register tile: `a` [M][depth], `b` [depth][N], a panel, `c` [M][N], with row strides in elements.
///
/// Not inlined: where a stride is known to be the depth, the compiler would compute addresses in the loop.
@inline(never)
func multiplyTile(
    _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, depth: Int, _ c: UnsafeMutablePointer<Float>,
    cStride: Int
) {
    var tile = RegisterTile()
    tile.add(a, aStride: aStride, single(b), bStride: panelWidth, depth: depth, rows: 6)
    tile.store(to: c, stride: cStride, rows: 6)
}

/// C = f C + A B, with a factor for each row of C.
@inline(never)
func rescaleAndAddTile(
    _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, depth: Int, _ c: UnsafeMutablePointer<Float>,
    cStride: Int, factors: UnsafeMutablePointer<Float>
) {
    var tile = RegisterTile(c, stride: cStride, scaledBy: factors)
    tile.add(a, aStride: aStride, single(b), bStride: panelWidth, depth: depth, rows: 6)
    tile.store(to: c, stride: cStride, rows: 6)
}
