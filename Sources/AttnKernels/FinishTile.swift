// What happens to the sums of a tile while they are in the first-level cache: activation, residual, and their way into
// the output.

import CAttnKernels

/// Writes activation(sums) + residual to the output's columns from `output` on, at most 16.
///
/// The sums are [rows][16] and are overwritten.
@inline(never)
func finishTile(_ layer: LinearRows, _ sums: UnsafeMutablePointer<Float>, row: Int, rows: Int, output: Int) {
    activate(sums, count: rows * weightPanelWidth, Int(layer.activation))
    let columns = min(weightPanelWidth, layer.outputs - output)
    let first = row * layer.outputs + output
    if let residual = layer.residual {
        for i in 0..<rows {
            let start = first + i * layer.outputs
            add(sums + i * weightPanelWidth, residual + start, into: layer.y + start, count: columns)
        }
    } else {
        for i in 0..<rows {
            copy(sums + i * weightPanelWidth, into: layer.y + first + i * layer.outputs, count: columns)
        }
    }
}

/// Applies an activation in place to a whole number of vectors.
@inline(__always)
private func activate(_ sums: UnsafeMutablePointer<Float>, count: Int, _ activation: Int) {
    switch activation {
    case ActivationGELU: replaceEach(sums, count) { gelu($0) }
    case ActivationGELUTanh: replaceEach(sums, count) { geluByTangent($0) }
    case ActivationSiLU: replaceEach(sums, count) { sigmoidLinear($0) }
    case ActivationReLU: replaceEach(sums, count) { rectified($0) }
    case ActivationTanh: replaceEach(sums, count) { hyperbolicTangent($0) }
    default: break
    }
}

@inline(__always)
private func replaceEach(_ sums: UnsafeMutablePointer<Float>, _ count: Int, _ function: (Lanes) -> Lanes) {
    var i = 0
    while i < count {
        store(function(load(sums + i)), sums + i)
        i += laneCount
    }
}

@inline(__always)
private func copy(_ source: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int) {
    guard count == weightPanelWidth else { return destination.update(from: source, count: count) }
    var i = 0
    while i < weightPanelWidth {
        store(load(source + i), destination + i)
        i += laneCount
    }
}

@inline(__always)
private func add(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into destination: UnsafeMutablePointer<Float>, count: Int
) {
    guard count == weightPanelWidth else {
        for i in 0..<count { destination[i] = a[i] + b[i] }
        return
    }
    var i = 0
    while i < weightPanelWidth {
        store(load(a + i) + load(b + i), destination + i)
        i += laneCount
    }
}
