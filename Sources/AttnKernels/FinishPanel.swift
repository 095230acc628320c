// What happens to the sums of a panel while they are in the first-level cache: activation, residual, and their way into
// the output.

import CAttnKernels

/// Writes activation(sums) + residual of a panel's columns, at most 16, to the output and from the residual at `offset`.
///
/// The sums are [rows][16] and are overwritten.
@inline(__always)
func finishPanel(
    _ layer: LinearRows, _ sums: UnsafeMutablePointer<Float>, offset: Int, rows: Int, columns: Int
) {
    activate(sums, count: rows * weightPanelWidth, Int(layer.activation))
    let y = layer.y + offset
    if let residual = layer.residual {
        for row in 0..<rows {
            let start = row * layer.outputs
            add(sums + row * weightPanelWidth, residual + offset + start, into: y + start, count: columns)
        }
    } else {
        for row in 0..<rows { copy(sums + row * weightPanelWidth, into: y + row * layer.outputs, count: columns) }
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
