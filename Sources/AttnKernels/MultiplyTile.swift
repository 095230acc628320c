// The register tile that does nearly all the arithmetic. Legend in TileShape.swift.

/// C = A B for an M x N register tile: `a` is [M][depth], `b` is [depth][N], `c` is [M][N], with row strides in
/// elements.
///
/// Scores are such a product (A the queries, B a packed panel of keys), and so is the output (A the weights, B a packed
/// panel of values). A is read one scalar at a time and broadcast, so neither operand has to be transposed.
/// float32 accumulation in order of depth.
@inline(__always)
func multiplyTile(
    _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, bStride: Int, depth: Int,
    _ c: UnsafeMutablePointer<Float>, cStride: Int
) {
    var c00 = Lanes(repeating: 0)
    var c01 = c00
    var c10 = c00
    var c11 = c00
    var c20 = c00
    var c21 = c00
    var c30 = c00
    var c31 = c00
    var c40 = c00
    var c41 = c00
    var c50 = c00
    var c51 = c00
    var a0 = a
    // Two bases and two multiples of the stride reach all six rows without a register for each.
    var a3 = a + 3 * aStride
    var bRow = b
    for _ in 0..<depth {
        let b0 = load(bRow)
        let b1 = load(bRow + laneCount)
        let s0 = Lanes(repeating: a0[0])
        c00 = multiplyAdd(s0, b0, c00)
        c01 = multiplyAdd(s0, b1, c01)
        let s1 = Lanes(repeating: a0[aStride])
        c10 = multiplyAdd(s1, b0, c10)
        c11 = multiplyAdd(s1, b1, c11)
        let s2 = Lanes(repeating: a0[2 * aStride])
        c20 = multiplyAdd(s2, b0, c20)
        c21 = multiplyAdd(s2, b1, c21)
        let s3 = Lanes(repeating: a3[0])
        c30 = multiplyAdd(s3, b0, c30)
        c31 = multiplyAdd(s3, b1, c31)
        let s4 = Lanes(repeating: a3[aStride])
        c40 = multiplyAdd(s4, b0, c40)
        c41 = multiplyAdd(s4, b1, c41)
        let s5 = Lanes(repeating: a3[2 * aStride])
        c50 = multiplyAdd(s5, b0, c50)
        c51 = multiplyAdd(s5, b1, c51)
        a0 += 1
        a3 += 1
        bRow += bStride
    }
    storePair(c00, c01, c)
    storePair(c10, c11, c + cStride)
    storePair(c20, c21, c + 2 * cStride)
    storePair(c30, c31, c + 3 * cStride)
    storePair(c40, c41, c + 4 * cStride)
    storePair(c50, c51, c + 5 * cStride)
}

@inline(__always)
private func storePair(_ low: Lanes, _ high: Lanes, _ destination: UnsafeMutablePointer<Float>) {
    store(low, destination)
    store(high, destination + laneCount)
}
