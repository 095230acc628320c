// Rows through a linear layer of int8 weights. Legend in TileShape.swift.

import CAttnKernels

/// Rounds a block of rows to integers, then passes it over every panel, the whole depth at once: a panel of int8 is small.
@inline(__always)
func computeQuantizedBlock(
    _ layer: LinearRows, _ firstRow: Int, _ rows: Int, _ workspace: UnsafeMutablePointer<Float>
) {
    guard let scales = layer.scales else { return }
    let pairs = pairCount(inputs: layer.inputs)
    let sums = workspace
    let rowScales = sums + tileRows * weightPanelWidth
    let x = UnsafeMutableRawPointer(rowScales + rows)
    for row in 0..<rows {
        rowScales[row] = quantizeRow(
            layer.x + (firstRow + row) * layer.inputs, count: layer.inputs,
            into: (x + row * pairs * 4).assumingMemoryBound(to: Int16.self))
    }
    var panel = layer.panels.assumingMemoryBound(to: Int8.self)
    var output = 0
    while output < layer.outputs {
        var row = 0
        while row < rows {
            let count = min(tileRows, rows - row)
            multiplyTile(
                UnsafePointer((x + row * pairs * 4).assumingMemoryBound(to: Int32.self)), panel, pairs: pairs, sums,
                rowScales: rowScales + row, scales: scales + output, bias: layer.bias + output, rows: count)
            finishTile(layer, sums, row: firstRow + row, rows: count, output: output)
            row += tileRows
        }
        panel += pairs * 2 * weightPanelWidth
        output += weightPanelWidth
    }
}

/// destination [rows][16] = x [rows][pairs][2] panel [pairs][16][2] as numbers, + bias.
@inline(__always)
private func multiplyTile(
    _ x: UnsafePointer<Int32>, _ panel: UnsafePointer<Int8>, pairs: Int, _ destination: UnsafeMutablePointer<Float>,
    rowScales: UnsafePointer<Float>, scales: UnsafePointer<Float>, bias: UnsafePointer<Float>, rows: Int
) {
    var column = 0
    while column < weightPanelWidth {
        @inline(__always)
        func multiply(literalRows: Int) {
            var tile = IntegerTile()
            tile.add(x, xStride: pairs, panel + 2 * column, pairs: pairs, rows: literalRows)
            tile.write(
                to: destination + column, rowScales: rowScales, scales: scales + column, bias: bias + column,
                rows: literalRows)
        }
        switch rows {
        case 1: multiply(literalRows: 1)
        case 2: multiply(literalRows: 2)
        case 3: multiply(literalRows: 3)
        case 4: multiply(literalRows: 4)
        case 5: multiply(literalRows: 5)
        default: multiply(literalRows: 6)
        }
        column += panelWidth
    }
}
