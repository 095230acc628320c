// Rows through a linear layer. Legend in TileShape.swift.

public import CAttnKernels

/// y = activation(x W^T + bias) + residual.
///
/// float32 accumulation in order of the inputs, from the bias on. Allocates nothing and checks nothing.
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
        default: computeBlock(layer, row, rows, sums: workspace, Single.self)
        }
        row += block
    }
}

/// Passes a block of rows over every panel.
@inline(__always)
private func computeBlock<E: Element>(
    _ layer: LinearRows, _ row: Int, _ rows: Int, sums: UnsafeMutablePointer<Float>, _: E.Type
) {
    let x = layer.x + row * layer.inputs
    var panel = layer.panels.assumingMemoryBound(to: E.self)
    var output = 0
    while output < layer.outputs {
        let columns = min(weightPanelWidth, layer.outputs - output)
        multiplyPanel(x, rows: rows, panel, inputs: layer.inputs, bias: layer.bias + output, sums)
        let offset = row * layer.outputs + output
        finishPanel(layer, sums, offset: offset, rows: rows, columns: columns)
        panel += layer.inputs * weightPanelWidth
        output += weightPanelWidth
    }
}

/// sums [rows][16] = x panel + bias, slab by slab.
@inline(__always)
private func multiplyPanel<E: Element>(
    _ x: UnsafePointer<Float>, rows: Int, _ panel: UnsafePointer<E>, inputs: Int, bias: UnsafePointer<Float>,
    _ sums: UnsafeMutablePointer<Float>
) {
    let slab = slabDepth(inputs: inputs)
    for row in 0..<rows { (sums + row * weightPanelWidth).update(from: bias, count: weightPanelWidth) }
    var input = 0
    while input < inputs {
        let depth = min(slab, inputs - input)
        var row = 0
        while row < rows {
            addTile(
                x + row * inputs + input, xStride: inputs, panel + input * weightPanelWidth, depth: depth,
                to: sums + row * weightPanelWidth, rows: min(tileRows, rows - row))
            row += tileRows
        }
        input += slab
    }
}
