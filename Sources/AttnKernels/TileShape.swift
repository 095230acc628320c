// The shapes the kernel works in, why these, and where each scratch tile lies in the caller's workspace.
//
// Legend, used in all kernel files:
//   D  head size: length of a query and of a key       E  value head size: length of a value and of an output row
//   M  query rows in a register tile (6)               N  keys, or output columns, in a register tile (2 vectors)
//   T  keys in a key tile                              i  row, j  key, c  output column, d  element of a head
//
// M x N = 6 x 2 vectors fills the register file: 12 accumulators, two operands, one broadcast. T = 256 keys keeps the
// score tile (M x T, 6 KB) in the first-level cache, and a tile's packed keys and values (128 KB at head size 64) in
// the second, while every row passes over them. Between 128 and 512 keys the speed hardly differs; small devices have
// small caches.

/// Query rows in a register tile.
var tileRows: Int {
    @inline(__always) get { 6 }
}

/// Keys, or output columns, in a register tile: the width of a packed panel.
var panelWidth: Int {
    @inline(__always) get { 2 * laneCount }
}

/// `count` rounded up to whole panels.
@inline(__always)
func wholePanels(_ count: Int) -> Int {
    (count + panelWidth - 1) / panelWidth * panelWidth
}

/// Keys in a key tile; a multiple of every variant's panel.
var tileKeys: Int {
    @inline(__always) get { 256 }
}

/// Up to this many rows keys and values are read as they lie: packing them would cost more than it saves. Measured: a
/// full register tile of 6 rows is where packing begins to win for keys in cache (at 12 for keys in memory).
var fewRows: Int {
    @inline(__always) get { 5 }
}

/// Where each scratch tile starts in the workspace, in floats; every tile starts on a cache line.
struct WorkspaceLayout {
    /// Keys the tiles have room for: T, or fewer when the head has fewer, in whole panels.
    let keys: Int
    /// Keys in panels: [keys / N][D][N].
    let packedKeys: Int
    /// Values in panels, the last padded with zeros: [E / N][keys][N].
    let packedValues: Int
    /// Scaled queries, rows past the last zero: [M][D].
    let queries: Int
    /// Scores, then weights: [M][keys].
    let scores: Int
    /// A register tile of the output before it is added: [M][N].
    let product: Int
    /// By how much the output so far shrinks as the row maximum grows: [M].
    let rescale: Int
    /// Largest score of each row so far: [rows].
    let rowMaximum: Int
    /// Sum of each row's exponentials, relative to its maximum: [rows].
    let rowSum: Int
    /// Floats in all.
    let count: Int

    init(rows: Int, keys keyCount: Int, headSize: Int, valueHeadSize: Int) {
        let keys = min(tileKeys, wholePanels(keyCount))
        var end = 0
        func take(_ count: Int) -> Int {
            let start = end
            end += (count + 15) / 16 * 16
            return start
        }
        self.keys = keys
        packedKeys = take(keys * headSize)
        packedValues = take(keys * wholePanels(valueHeadSize))
        queries = take(tileRows * headSize)
        scores = take(tileRows * keys)
        product = take(tileRows * panelWidth)
        rescale = take(tileRows)
        rowMaximum = take(rows)
        rowSum = take(rows)
        count = end
    }
}

/// The floats `attendHeadGroup` needs as workspace, 64-byte aligned.
///
/// At most 256 (headSize + valueHeadSize + 16) + 6 (headSize + 256 + 16) + 2 rows, and 16 more for each of the eight
/// tiles; it does not grow with the keys past 256. `rows` is query heads of the group times queries.
public func headGroupWorkspaceCount(rows: Int, keys: Int, headSize: Int, valueHeadSize: Int) -> Int {
    WorkspaceLayout(rows: rows, keys: keys, headSize: headSize, valueHeadSize: valueHeadSize).count
}
