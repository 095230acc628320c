// The register tile of quantised layers, in integers. Legend in TileShape.swift.

import CAttnKernels

/// An M x N tile of 32-bit sums of x W^T, held in registers: as `RegisterTile`, two inputs at a time.
struct IntegerTile {
    private var c00: LaneIntegers, c01: LaneIntegers
    private var c10: LaneIntegers, c11: LaneIntegers
    private var c20: LaneIntegers, c21: LaneIntegers
    private var c30: LaneIntegers, c31: LaneIntegers
    private var c40: LaneIntegers, c41: LaneIntegers
    private var c50: LaneIntegers, c51: LaneIntegers

    /// All zeros.
    @inline(__always)
    init() {
        let zero = LaneIntegers(repeating: 0)
        (c00, c01, c10, c11, c20, c21) = (zero, zero, zero, zero, zero, zero)
        (c30, c31, c40, c41, c50, c51) = (zero, zero, zero, zero, zero, zero)
    }

    /// Adds the products of `x` [rows][pairs][2] with a panel [pairs][16][2], from the panel's address on.
    ///
    /// - Parameters:
    ///   - xStride: In pairs.
    ///   - rows: A literal, as in `RegisterTile`.
    @inline(__always)
    mutating func add(
        _ x: UnsafePointer<Int32>, xStride: Int, _ panel: UnsafePointer<Int8>, pairs: Int, rows: Int
    ) {
        let x1 = keptPairs(x + xStride)
        let x2 = keptPairs(x1 + xStride)
        let x3 = keptPairs(x2 + xStride)
        let x4 = keptPairs(x3 + xStride)
        let x5 = keptPairs(x4 + xStride)
        var weights = panel
        for k in 0..<pairs {
            let w0 = widenedPairs(weights)
            let w1 = widenedPairs(weights + 2 * laneCount)
            addRow(x[k], w0, w1, &c00, &c01)
            if rows > 1 { addRow(x1[k], w0, w1, &c10, &c11) }
            if rows > 2 { addRow(x2[k], w0, w1, &c20, &c21) }
            if rows > 3 { addRow(x3[k], w0, w1, &c30, &c31) }
            if rows > 4 { addRow(x4[k], w0, w1, &c40, &c41) }
            if rows > 5 { addRow(x5[k], w0, w1, &c50, &c51) }
            weights += 2 * weightPanelWidth
        }
    }

    /// Writes sum * row scale * output scale + bias to `destination` [rows][16].
    @inline(__always)
    func write(
        to destination: UnsafeMutablePointer<Float>, rowScales: UnsafePointer<Float>, scales: UnsafePointer<Float>,
        bias: UnsafePointer<Float>, rows: Int
    ) {
        let low = Dequantization(scales, bias)
        let high = Dequantization(scales + laneCount, bias + laneCount)
        @inline(__always)
        func writeRow(_ row: Int, _ c0: LaneIntegers, _ c1: LaneIntegers) {
            let start = destination + row * weightPanelWidth
            store(low.applied(to: c0, rowScales[row]), start)
            store(high.applied(to: c1, rowScales[row]), start + laneCount)
        }
        writeRow(0, c00, c01)
        if rows > 1 { writeRow(1, c10, c11) }
        if rows > 2 { writeRow(2, c20, c21) }
        if rows > 3 { writeRow(3, c30, c31) }
        if rows > 4 { writeRow(4, c40, c41) }
        if rows > 5 { writeRow(5, c50, c51) }
    }
}

/// A row of the tile += a pair of x times the pairs of a panel's row.
@inline(__always)
private func addRow(
    _ pair: Int32, _ w0: LanePairs, _ w1: LanePairs, _ low: inout LaneIntegers, _ high: inout LaneIntegers
) {
    low = addingProductsOfPairs(low, w0, pair)
    high = addingProductsOfPairs(high, w1, pair)
}

/// What makes numbers of the sums of a vector of outputs.
private struct Dequantization {
    private let scale: Lanes
    private let bias: Lanes

    @inline(__always)
    init(_ scales: UnsafePointer<Float>, _ bias: UnsafePointer<Float>) {
        scale = load(scales)
        self.bias = load(bias)
    }

    @inline(__always)
    func applied(to sums: LaneIntegers, _ rowScale: Float) -> Lanes {
        multiplyAdd(rounded(sums), scale * Lanes(repeating: rowScale), bias)
    }
}
