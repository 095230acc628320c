// The register tile that does nearly all the arithmetic. Legend in TileShape.swift.

import CAttnKernels

/// An M x N tile of a product A B, held in registers.
///
/// Scores are such a product (A the queries, B a packed panel of keys), and so is the output (A the weights, B a packed
/// panel of values). A is read one scalar at a time and broadcast, so neither operand has to be transposed.
private struct RegisterTile {
    private var c00: Lanes, c01: Lanes
    private var c10: Lanes, c11: Lanes
    private var c20: Lanes, c21: Lanes
    private var c30: Lanes, c31: Lanes
    private var c40: Lanes, c41: Lanes
    private var c50: Lanes, c51: Lanes

    /// All zeros.
    @inline(__always)
    init() {
        let zero = Lanes(repeating: 0)
        (c00, c01, c10, c11, c20, c21) = (zero, zero, zero, zero, zero, zero)
        (c30, c31, c40, c41, c50, c51) = (zero, zero, zero, zero, zero, zero)
    }

    /// The tile [M][N] at `c`, each row times its factor.
    @inline(__always)
    init(_ c: UnsafeMutablePointer<Float>, stride: Int, scaledBy factors: UnsafeMutablePointer<Float>) {
        (c00, c01) = loadPair(c, times: factors[0])
        (c10, c11) = loadPair(c + stride, times: factors[1])
        (c20, c21) = loadPair(c + 2 * stride, times: factors[2])
        (c30, c31) = loadPair(c + 3 * stride, times: factors[3])
        (c40, c41) = loadPair(c + 4 * stride, times: factors[4])
        (c50, c51) = loadPair(c + 5 * stride, times: factors[5])
    }

    /// Adds A B, for `a` [M][depth] with a row stride in elements and `b` [depth][N], a panel.
    ///
    /// float32 accumulation in order of depth.
    @inline(__always)
    mutating func add(_ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, depth: Int) {
        // A base for each row and one index: nothing is left to compute in the loop but the products.
        let a1 = kept(a + aStride)
        let a2 = kept(a1 + aStride)
        let a3 = kept(a2 + aStride)
        let a4 = kept(a3 + aStride)
        let a5 = kept(a4 + aStride)
        var bRow = b
        for k in 0..<depth {
            let b0 = load(bRow)
            let b1 = load(bRow + laneCount)
            let s0 = Lanes(repeating: a[k])
            c00 = multiplyAdd(s0, b0, c00)
            c01 = multiplyAdd(s0, b1, c01)
            let s1 = Lanes(repeating: a1[k])
            c10 = multiplyAdd(s1, b0, c10)
            c11 = multiplyAdd(s1, b1, c11)
            let s2 = Lanes(repeating: a2[k])
            c20 = multiplyAdd(s2, b0, c20)
            c21 = multiplyAdd(s2, b1, c21)
            let s3 = Lanes(repeating: a3[k])
            c30 = multiplyAdd(s3, b0, c30)
            c31 = multiplyAdd(s3, b1, c31)
            let s4 = Lanes(repeating: a4[k])
            c40 = multiplyAdd(s4, b0, c40)
            c41 = multiplyAdd(s4, b1, c41)
            let s5 = Lanes(repeating: a5[k])
            c50 = multiplyAdd(s5, b0, c50)
            c51 = multiplyAdd(s5, b1, c51)
            bRow += panelWidth
        }
    }

    /// Writes the tile to `c` [M][N].
    @inline(__always)
    func store(to c: UnsafeMutablePointer<Float>, stride: Int) {
        storePair(c00, c01, c)
        storePair(c10, c11, c + stride)
        storePair(c20, c21, c + 2 * stride)
        storePair(c30, c31, c + 3 * stride)
        storePair(c40, c41, c + 4 * stride)
        storePair(c50, c51, c + 5 * stride)
    }
}

@inline(__always)
private func loadPair(_ source: UnsafeMutablePointer<Float>, times factor: Float) -> (Lanes, Lanes) {
    let factors = Lanes(repeating: factor)
    return (load(source) * factors, load(source + laneCount) * factors)
}

@inline(__always)
private func storePair(_ low: Lanes, _ high: Lanes, _ destination: UnsafeMutablePointer<Float>) {
    store(low, destination)
    store(high, destination + laneCount)
}

/// C = A B for a register tile: `a` [M][depth], `b` [depth][N], a panel, `c` [M][N], with row strides in elements.
///
/// Not inlined: where a stride is known to be the depth, the compiler would compute addresses in the loop.
@inline(never)
func multiplyTile(
    _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, depth: Int, _ c: UnsafeMutablePointer<Float>,
    cStride: Int
) {
    var tile = RegisterTile()
    tile.add(a, aStride: aStride, b, depth: depth)
    tile.store(to: c, stride: cStride)
}

/// C = f C + A B, with a factor for each row of C.
@inline(never)
func rescaleAndAddTile(
    _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<Float>, depth: Int, _ c: UnsafeMutablePointer<Float>,
    cStride: Int, factors: UnsafeMutablePointer<Float>
) {
    var tile = RegisterTile(c, stride: cStride, scaledBy: factors)
    tile.add(a, aStride: aStride, b, depth: depth)
    tile.store(to: c, stride: cStride)
}
