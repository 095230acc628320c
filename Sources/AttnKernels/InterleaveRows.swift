// Inputs of a linear layer in the order in which the register tile reads them. Legend in TileShape.swift.

/// Rows [rows][inputs] tile after tile, [inputs][rows of the tile] each.
@inline(__always)
func interleave(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Int, into tiles: UnsafeMutablePointer<Float>
) {
    var row = 0
    while row < rows {
        let count = min(tileRows, rows - row)
        let source = x + row * inputs
        let tile = tiles + row * inputs
        let done = count == tileRows ? interleaveFours(source, inputs: inputs, into: tile) : 0
        interleave(source, rows: count, inputs: done..<inputs, of: inputs, into: tile)
        row += count
    }
}

/// A whole tile four inputs at a time, as four and two of its rows.
///
/// - Returns: Inputs done: all but the last up to three.
@inline(__always)
private func interleaveFours(_ x: UnsafePointer<Float>, inputs: Int, into tile: UnsafeMutablePointer<Float>) -> Int {
    var input = 0
    while input + 4 <= inputs {
        let (source, destination) = (x + input, tile + input * tileRows)
        let elements = UnsafeRawPointer(source).assumingMemoryBound(to: Single.self)
        transposeFour(elements, stride: inputs, into: destination, stride: tileRows)
        transposeTwo(source + 4 * inputs, stride: inputs, into: destination + 4, stride: tileRows)
        input += 4
    }
    return input
}

@inline(__always)
private func interleave(
    _ x: UnsafePointer<Float>, rows: Int, inputs: Range<Int>, of stride: Int, into tile: UnsafeMutablePointer<Float>
) {
    for row in 0..<rows {
        for input in inputs { tile[input * rows + row] = x[row * stride + input] }
    }
}
