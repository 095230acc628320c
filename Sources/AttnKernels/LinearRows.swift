// Rows through a linear layer. Legend in TileShape.swift.

public import CAttnKernels

/// y = activation(x W^T + bias) + residual.
///
/// With float32 and float16 weights float32 accumulation in order of the inputs, from the bias on. With int8 weights
/// each row of x is rounded to integers from -127 to 127 and a scale of its own, and accumulation is exact. Allocates
/// nothing and checks nothing.
///
/// - Parameter workspace: The `linearWorkspaceCount` floats of this shape, on a cache line.
@inline(never)
public func linearRows(_ layer: UnsafePointer<LinearRows>, workspace: UnsafeMutablePointer<Float>) {
    let layer = layer.pointee
    let block = linearBlockRows(inputs: layer.inputs)
    var row = 0
    while row < layer.rows {
        let rows = min(block, layer.rows - row)
        switch Int(layer.format) {
        case WeightsFloat16: computeBlock(layer, row, rows, sums: workspace, Half.self)
        case WeightsInt8: computeQuantizedBlock(layer, row, rows, workspace)
        default: computeBlock(layer, row, rows, sums: workspace, Single.self)
        }
        row += block
    }
}

/// Passes a block of rows over every panel, slab by slab.
@inline(__always)
private func computeBlock<E: Element>(
    _ layer: LinearRows, _ row: Int, _ rows: Int, sums: UnsafeMutablePointer<Float>, _: E.Type
) {
    let depth = slabDepth(inputs: layer.inputs)
    let x = sums + (rows + tileRows - 1) / tileRows * tileRows * weightPanelWidth
    interleave(layer.x + row * layer.inputs, rows: rows, inputs: layer.inputs, into: x)
    var slab = layer.panels.assumingMemoryBound(to: E.self)
    var output = 0
    while output < layer.outputs {
        fill(sums, layer.bias + output, rows: rows)
        var input = 0
        while input < layer.inputs {
            let count = min(depth, layer.inputs - input)
            let isLast = input + count == layer.inputs
            multiplySlab(layer, x, row, rows, slab, input: input, depth: count, sums, finishing: isLast ? output : -1)
            slab += count * weightPanelWidth
            input += count
        }
        output += weightPanelWidth
    }
}

/// Every row of the sums is the bias.
@inline(__always)
private func fill(_ sums: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>, rows: Int) {
    for row in 0..<rows { (sums + row * weightPanelWidth).update(from: bias, count: weightPanelWidth) }
}

/// sums [rows][16] += x slab. With the last slab each tile goes on into the output, from column `finishing` on: what is
/// written takes its way into memory while the next tile is computed.
@inline(__always)
private func multiplySlab<E: Element>(
    _ layer: LinearRows, _ x: UnsafePointer<Float>, _ firstRow: Int, _ rows: Int, _ slab: UnsafePointer<E>, input: Int,
    depth: Int,
    _ sums: UnsafeMutablePointer<Float>, finishing: Int
) {
    let next = UnsafeRawPointer(slab + depth * weightPanelWidth)
    let lines = linesAhead(bytes: weightPanelWidth * MemoryLayout<E>.stride, rows: rows)
    let step = depth / 4 * lines * cacheLine
    var asked = 0
    var row = 0
    while row < rows {
        let tile = sums + row * weightPanelWidth
        let count = min(tileRows, rows - row)
        let isAsking = asked < depth * weightPanelWidth * MemoryLayout<E>.stride
        addTile(
            x + row * layer.inputs + input * count, slab, depth: depth, to: tile, rows: count,
            askingFor: next + asked, lines: isAsking ? lines : 0)
        asked += step
        if finishing >= 0 { finishTile(layer, tile, row: firstRow + row, rows: count, output: finishing) }
        row += tileRows
    }
}
