// The shapes a linear layer is computed in. The register tile and its letters are those of TileShape.swift.
//
// A panel is 16 outputs. Its weights are read `depth` inputs at a time: such a slab (16 KB of float32) stays in the
// first-level cache while all register tiles of a block of rows pass over it, and the block's sums (at most 12 KB) do as
// well. The block's inputs, in the order in which the tile reads them, stay in the second-level cache from panel to panel.

import CAttnKernels

/// Rows whose inputs stay in the second-level cache: whole register tiles, at most 192 of them, of about 384 KB.
@inline(__always)
func linearBlockRows(inputs: Int) -> Int {
    min(max(98_304 / inputs / tileRows, 1), 32) * tileRows
}

/// Inputs in a slab: at most 256, and about as many in each of a panel's slabs.
@inline(__always)
func slabDepth(inputs: Int) -> Int {
    let slabs = (inputs + 255) / 256
    return (inputs + slabs - 1) / slabs
}

/// Cache lines of the next slab that a whole tile asks for with each four inputs, so that up to four tiles have asked for
/// all of it.
///
/// - Parameter bytes: Of an input's weights in the panel.
@inline(__always)
func linesAhead(bytes: Int, rows: Int) -> Int {
    let lines = 4 * bytes / cacheLine
    return switch rows / tileRows {
    case 0: 0
    case 1: lines
    case 2, 3: (lines + 1) / 2
    default: (lines + 3) / 4
    }
}

/// Bytes in a line of the cache.
var cacheLine: Int {
    @inline(__always) get { 64 }
}

/// Inputs in pairs, as the integer tile takes them.
@inline(__always)
func pairCount(inputs: Int) -> Int {
    (inputs + 1) / 2
}

/// Floats `linearRows` needs as workspace, 64-byte aligned: the sums of a block of rows and a panel, and its inputs as the
/// register tile reads them; with int8 the sums of
/// a tile, and each row's scale and 16-bit integers.
public func linearWorkspaceCount(rows: Int, inputs: Int, format: Int) -> Int {
    let rows = min((rows + tileRows - 1) / tileRows * tileRows, linearBlockRows(inputs: inputs))
    return format == WeightsInt8
        ? tileRows * weightPanelWidth + rows * (1 + pairCount(inputs: inputs)) : rows * (weightPanelWidth + inputs)
}
