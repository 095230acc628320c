// The register tile that does nearly all the arithmetic. Legend in TileShape.swift.

import CAttnKernels

/// An M x N tile of a product A B, held in registers.
///
/// Scores are such a product (A the queries, B a packed panel of keys), so is the output (A the weights, B a packed panel
/// of values), and so is a linear layer (A the inputs, B a panel of weights). A is read one scalar at a time and
/// broadcast, so neither operand has to be transposed.
///
/// Every function takes how many of the M rows there are, as a literal: the others are then no part of its code.
struct RegisterTile {
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

    /// The same two vectors in every row.
    @inline(__always)
    init(everyRow low: Lanes, _ high: Lanes) {
        (c00, c01, c10, c11, c20, c21) = (low, high, low, high, low, high)
        (c30, c31, c40, c41, c50, c51) = (low, high, low, high, low, high)
    }

    /// The tile [rows][N] at `c`, the other rows zeros.
    @inline(__always)
    init(_ c: UnsafeMutablePointer<Float>, stride: Int, rows: Int) {
        self.init()
        (c00, c01) = loadPair(c)
        if rows > 1 { (c10, c11) = loadPair(c + stride) }
        if rows > 2 { (c20, c21) = loadPair(c + 2 * stride) }
        if rows > 3 { (c30, c31) = loadPair(c + 3 * stride) }
        if rows > 4 { (c40, c41) = loadPair(c + 4 * stride) }
        if rows > 5 { (c50, c51) = loadPair(c + 5 * stride) }
    }

    /// Adds A B, for `a` [rows][depth] with a row stride in elements and `b` [depth][N], whose rows are `bStride`
    /// elements apart.
    ///
    /// float32 accumulation in order of depth, whatever `b` is stored as.
    @inline(__always)
    mutating func add<E: Element>(
        _ a: UnsafePointer<Float>, aStride: Int, _ b: UnsafePointer<E>, bStride: Int, depth: Int, rows: Int
    ) {
        // A base for each row and one index: nothing is left to compute in the loop but the products.
        let a1 = kept(a + aStride)
        let a2 = kept(a1 + aStride)
        let a3 = kept(a2 + aStride)
        let a4 = kept(a3 + aStride)
        let a5 = kept(a4 + aStride)
        var bRow = b
        for k in 0..<depth {
            let b0 = E.load(bRow)
            let b1 = E.load(bRow + laneCount)
            addRow(a[k], b0, b1, &c00, &c01)
            if rows > 1 { addRow(a1[k], b0, b1, &c10, &c11) }
            if rows > 2 { addRow(a2[k], b0, b1, &c20, &c21) }
            if rows > 3 { addRow(a3[k], b0, b1, &c30, &c31) }
            if rows > 4 { addRow(a4[k], b0, b1, &c40, &c41) }
            if rows > 5 { addRow(a5[k], b0, b1, &c50, &c51) }
            bRow += bStride
        }
    }

    /// Adds A B as `add` does, for `a` that lies interleaved, [depth][rows].
    ///
    /// Rows that lie apart, often by whole cache lines, are read from the same bank of the first-level cache, one scalar a
    /// cycle; here they are neighbours.
    @inline(__always)
    mutating func addInterleaved<E: Element>(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<E>, bStride: Int, depth: Int, rows: Int
    ) {
        var scalars = a
        var bRow = b
        for _ in 0..<depth {
            let b0 = E.load(bRow)
            let b1 = E.load(bRow + laneCount)
            addRow(scalars[0], b0, b1, &c00, &c01)
            if rows > 1 { addRow(scalars[1], b0, b1, &c10, &c11) }
            if rows > 2 { addRow(scalars[2], b0, b1, &c20, &c21) }
            if rows > 3 { addRow(scalars[3], b0, b1, &c30, &c31) }
            if rows > 4 { addRow(scalars[4], b0, b1, &c40, &c41) }
            if rows > 5 { addRow(scalars[5], b0, b1, &c50, &c51) }
            scalars += rows
            bRow += bStride
        }
    }

    /// `addInterleaved` of all M rows, written out four deep: a sixth faster than in a loop of one.
    ///
    /// - Parameter lines: Cache lines from `ahead` on that are asked for with each four of depth, 0 to 4: a literal.
    @inline(__always)
    mutating func addInterleavedRows<E: Element>(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<E>, bStride: Int, depth: Int, askingFor ahead: UnsafeRawPointer,
        lines: Int
    ) {
        var scalars = a
        var bRow = b
        var ahead = ahead
        for _ in 0..<depth / 4 {
            addAllRows(scalars, bRow)
            addAllRows(scalars + tileRows, bRow + bStride)
            addAllRows(scalars + 2 * tileRows, bRow + 2 * bStride)
            addAllRows(scalars + 3 * tileRows, bRow + 3 * bStride)
            if lines > 0 { prefetch(ahead) }
            if lines > 1 { prefetch(ahead + cacheLine) }
            if lines > 2 { prefetch(ahead + 2 * cacheLine) }
            if lines > 3 { prefetch(ahead + 3 * cacheLine) }
            ahead += lines * cacheLine
            scalars += 4 * tileRows
            bRow += 4 * bStride
        }
        for _ in 0..<depth % 4 {
            addAllRows(scalars, bRow)
            scalars += tileRows
            bRow += bStride
        }
    }

    /// M scalars times a row of B.
    @inline(__always)
    private mutating func addAllRows<E: Element>(_ scalars: UnsafePointer<Float>, _ bRow: UnsafePointer<E>) {
        let b0 = E.load(bRow)
        let b1 = E.load(bRow + laneCount)
        addRow(scalars[0], b0, b1, &c00, &c01)
        addRow(scalars[1], b0, b1, &c10, &c11)
        addRow(scalars[2], b0, b1, &c20, &c21)
        addRow(scalars[3], b0, b1, &c30, &c31)
        addRow(scalars[4], b0, b1, &c40, &c41)
        addRow(scalars[5], b0, b1, &c50, &c51)
    }

    /// Writes the tile to `c` [rows][N].
    @inline(__always)
    func store(to c: UnsafeMutablePointer<Float>, stride: Int, rows: Int) {
        storePair(c00, c01, c)
        if rows > 1 { storePair(c10, c11, c + stride) }
        if rows > 2 { storePair(c20, c21, c + 2 * stride) }
        if rows > 3 { storePair(c30, c31, c + 3 * stride) }
        if rows > 4 { storePair(c40, c41, c + 4 * stride) }
        if rows > 5 { storePair(c50, c51, c + 5 * stride) }
    }
}

/// A row of the tile += a scalar of A times a row of B.
@inline(__always)
private func addRow(_ scalar: Float, _ b0: Lanes, _ b1: Lanes, _ low: inout Lanes, _ high: inout Lanes) {
    let factor = Lanes(repeating: scalar)
    low = multiplyAdd(factor, b0, low)
    high = multiplyAdd(factor, b1, high)
}

@inline(__always)
private func loadPair(_ source: UnsafeMutablePointer<Float>) -> (Lanes, Lanes) {
    (load(source), load(source + laneCount))
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
