// The shapes the kernel works in, why these, and where each scratch tile lies in the caller's workspace.
//
// Legend, used in all kernel files:
//   D  head size: length of a query and of a key       E  value head size: length of a value and of an output row
//   M  query rows in a register tile (6)               N  keys, or output columns, in a register tile (2 vectors)
//   R  query rows in a row block (12)                  T  keys in a key tile (384)
//   i  row, j  key, c  output column, d  element of a head
//
// M x N = 6 x 2 vectors fills the register file: 12 accumulators, two operands, one broadcast. A panel of N keys or
// columns (4 KB at head size 64) stays in the first-level cache while the R rows of a block pass over it; so do the
// block's queries and its scores (R x T, 18 KB). A tile's packed keys and values (192 KB at head size 64) stay in the
// second while all rows pass; the longer the tile, the less often queries and output are read again. `docs/kernels.md`
// has the measurements.

/// Query rows in a register tile.
var tileRows: Int {
    @inline(__always) get { 6 }
}

/// Keys, or output columns, in a register tile: the width of a packed panel.
var panelWidth: Int {
    @inline(__always) get { 2 * laneCount }
}

/// Query rows that pass over a packed panel together: a whole number of register tiles.
var blockRows: Int {
    @inline(__always) get { 12 }
}

/// Keys in a key tile; a multiple of every variant's panel.
var tileKeys: Int {
    @inline(__always) get { 384 }
}

/// Up to this many rows keys and values are read as they lie: packing them would cost more than it saves. Measured: a
/// full register tile of 6 rows is where packing begins to win for keys in cache (at 12 for keys in memory).
var fewRows: Int {
    @inline(__always) get { 5 }
}

/// `count` rounded up to whole panels.
@inline(__always)
func wholePanels(_ count: Int) -> Int {
    (count + panelWidth - 1) / panelWidth * panelWidth
}

/// `count` rounded up to whole vectors.
@inline(__always)
func wholeVectors(_ count: Int) -> Int {
    (count + laneCount - 1) / laneCount * laneCount
}
