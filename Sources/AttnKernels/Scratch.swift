// The scratch tiles of a head group and where each lies in the caller's workspace. Legend in TileShape.swift.

/// Where each scratch tile starts in the workspace, in floats; every tile starts on a cache line.
struct ScratchLayout {
    /// Keys the tiles have room for: T, or fewer when the head has fewer, in whole panels.
    let keys: Int
    let packedKeys: Int
    let packedValues: Int
    let queries: Int
    let scores: Int
    let product: Int
    let rescale: Int
    let tileRanges: Int
    let rowMaximum: Int
    let rowSum: Int
    /// Floats in all.
    let count: Int

    init(rows: Int, keys keyCount: Int, headSize: Int, valueHeadSize: Int) {
        let keys = min(tileKeys, wholePanels(keyCount))
        let roomyRows = min(blockRows, (rows + tileRows - 1) / tileRows * tileRows)
        var end = 0
        func take(_ count: Int) -> Int {
            let start = end
            end += (count + 15) / 16 * 16
            return start
        }
        self.keys = keys
        packedKeys = take(keys * headSize)
        packedValues = take(keys * wholePanels(valueHeadSize))
        queries = take(roomyRows * headSize)
        scores = take(roomyRows * keys)
        product = take(tileRows * panelWidth)
        rescale = take(roomyRows)
        tileRanges = take(4 * (roomyRows / tileRows))
        rowMaximum = take(rows)
        rowSum = take(2 * rows)
        count = end
    }
}

/// The workspace, laid out.
struct Scratch {
    private let base: UnsafeMutablePointer<Float>
    private let layout: ScratchLayout

    @inline(__always)
    init(_ workspace: UnsafeMutablePointer<Float>, _ layout: ScratchLayout) {
        base = workspace
        self.layout = layout
    }

    /// Keys a tile has room for, and the row stride of the scores.
    @inline(__always)
    var keys: Int { layout.keys }

    /// Keys in panels: [keys / N][D][N].
    @inline(__always)
    var packedKeys: UnsafeMutablePointer<Float> { base + layout.packedKeys }

    /// Values in panels, the last padded with zeros: [E / N][keys][N].
    @inline(__always)
    var packedValues: UnsafeMutablePointer<Float> { base + layout.packedValues }

    /// Scaled queries of a block, rows past the last zero: [R][D].
    @inline(__always)
    var queries: UnsafeMutablePointer<Float> { base + layout.queries }

    /// Scores, then weights, of a block: [R][keys].
    @inline(__always)
    var scores: UnsafeMutablePointer<Float> { base + layout.scores }

    /// A register tile of the output whose rows or columns are not all there: [M][N].
    @inline(__always)
    var product: UnsafeMutablePointer<Float> { base + layout.product }

    /// By how much the output so far shrinks as the row maximum grows: [R].
    @inline(__always)
    var rescale: UnsafeMutablePointer<Float> { base + layout.rescale }

    /// The keys each register tile of a block computes: [R / M].
    @inline(__always)
    var tileRanges: UnsafeMutablePointer<KeyRange> {
        UnsafeMutableRawPointer(base + layout.tileRanges).assumingMemoryBound(to: KeyRange.self)
    }

    /// Largest score of each row so far: [rows].
    @inline(__always)
    var rowMaximum: UnsafeMutablePointer<Float> { base + layout.rowMaximum }

    /// Sum of each row's exponentials, relative to its maximum: [rows].
    @inline(__always)
    var rowSum: UnsafeMutablePointer<Double> {
        UnsafeMutableRawPointer(base + layout.rowSum).assumingMemoryBound(to: Double.self)
    }
}

/// The floats a head group needs as workspace, 64-byte aligned.
///
/// At most 384 (headSize + valueHeadSize + 16) + 12 (headSize + 384 + 8) + 3 rows, and 16 more for each of the nine
/// tiles; it does not grow with the keys past 384. `rows` is query heads of the group times queries.
public func headGroupWorkspaceCount(rows: Int, keys: Int, headSize: Int, valueHeadSize: Int) -> Int {
    ScratchLayout(rows: rows, keys: keys, headSize: headSize, valueHeadSize: valueHeadSize).count
}
