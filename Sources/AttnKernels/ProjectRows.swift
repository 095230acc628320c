// Linear projection, for the queries and keys of additive attention. Legend in TileShape.swift.

import CAttnKernels

/// Y = X W^T: [rows][inputSize] of `format` times [outputSize][inputSize], into [rows][outputSize].
///
/// float32 accumulation in order of the input. Allocates nothing and checks nothing.
///
/// - Parameter workspace: The `projectionWorkspaceCount` floats of this size, on a cache line.
@inline(never)
public func projectRows(
    _ rows: UnsafeRawPointer, format: Int, rowCount: Int, inputSize: Int, weights: UnsafePointer<Float>,
    outputSize: Int, into output: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>
) {
    switch format {
    case ElementFormatFloat16:
        project(
            rows.assumingMemoryBound(to: Half.self), rowCount, inputSize, weights, outputSize, output, workspace)
    case ElementFormatBFloat16:
        project(
            rows.assumingMemoryBound(to: BFloat16.self), rowCount, inputSize, weights, outputSize, output, workspace)
    default:
        project(
            rows.assumingMemoryBound(to: Single.self), rowCount, inputSize, weights, outputSize, output, workspace)
    }
}

/// The floats `projectRows` needs as workspace, 64-byte aligned: a panel of weights, six rows and a register tile.
public func projectionWorkspaceCount(inputSize: Int) -> Int {
    (panelWidth + tileRows) * inputSize + tileRows * panelWidth
}

/// Packs N weights at a time and passes all rows over them.
@inline(__always)
private func project<E: Element>(
    _ rows: UnsafePointer<E>, _ rowCount: Int, _ inputSize: Int, _ weights: UnsafePointer<Float>, _ outputSize: Int,
    _ output: UnsafeMutablePointer<Float>, _ workspace: UnsafeMutablePointer<Float>
) {
    let panel = workspace
    let inputs = panel + panelWidth * inputSize
    let product = inputs + tileRows * inputSize
    var c = 0
    while c < outputSize {
        let columns = min(panelWidth, outputSize - c)
        packPanel(
            UnsafeRawPointer(weights + c * inputSize).assumingMemoryBound(to: Single.self), keys: columns,
            headSize: inputSize, into: panel)
        var row = 0
        while row < rowCount {
            let count = min(tileRows, rowCount - row)
            scaledCopy(rows + row * inputSize, by: 1, into: inputs, count: count * inputSize)
            (inputs + count * inputSize).update(repeating: 0, count: (tileRows - count) * inputSize)
            multiplyTile(inputs, aStride: inputSize, panel, depth: inputSize, product, cStride: panelWidth)
            for i in 0..<count {
                (output + (row + i) * outputSize + c).update(from: product + i * panelWidth, count: columns)
            }
            row += tileRows
        }
        c += panelWidth
    }
}
