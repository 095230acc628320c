// Layer normalisation.

import CAttnKernels

/// x = (x - mean) / sqrt(variance + epsilon) gain + bias, in place, for every row of `width` elements.
///
/// Mean and variance (of the whole row, not of a sample) are float32 sums in vectors; the variance is that of the
/// differences from the mean, so that it does not cancel. Each row is read from memory once and stays in the first-level
/// cache for its three rounds. Allocates nothing and checks nothing; `width` is at least 1.
@inline(never)
public func normalizeRows(
    _ x: UnsafeMutablePointer<Float>, rows: Int, width: Int, gain: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    epsilon: Float
) {
    let share = 1 / Float(width)
    for row in 0..<rows {
        let x = x + row * width
        let mean = sumOfRow(x, width) * share
        let variance = squaredDifferences(x, width, from: mean) * share
        scaleAndShift(x, width, mean: mean, factor: 1 / squareRoot(variance + epsilon), gain, bias)
    }
}

/// Four sums side by side, so that one need not wait for the one before; likewise below.
@inline(__always)
private func sumOfRow(_ x: UnsafePointer<Float>, _ width: Int) -> Float {
    let zero = Lanes(repeating: 0)
    var (s0, s1, s2, s3) = (zero, zero, zero, zero)
    var i = 0
    while i + 4 * laneCount <= width {
        s0 += load(x + i)
        s1 += load(x + i + laneCount)
        s2 += load(x + i + 2 * laneCount)
        s3 += load(x + i + 3 * laneCount)
        i += 4 * laneCount
    }
    while i + laneCount <= width {
        s0 += load(x + i)
        i += laneCount
    }
    var total = sum((s0 + s1) + (s2 + s3))
    while i < width {
        total += x[i]
        i += 1
    }
    return total
}

@inline(__always)
private func squaredDifferences(_ x: UnsafePointer<Float>, _ width: Int, from mean: Float) -> Float {
    let zero = Lanes(repeating: 0)
    let means = Lanes(repeating: mean)
    var (s0, s1, s2, s3) = (zero, zero, zero, zero)
    var i = 0
    while i + 4 * laneCount <= width {
        s0 = addingSquare(load(x + i) - means, to: s0)
        s1 = addingSquare(load(x + i + laneCount) - means, to: s1)
        s2 = addingSquare(load(x + i + 2 * laneCount) - means, to: s2)
        s3 = addingSquare(load(x + i + 3 * laneCount) - means, to: s3)
        i += 4 * laneCount
    }
    while i + laneCount <= width {
        s0 = addingSquare(load(x + i) - means, to: s0)
        i += laneCount
    }
    var total = sum((s0 + s1) + (s2 + s3))
    while i < width {
        total += (x[i] - mean) * (x[i] - mean)
        i += 1
    }
    return total
}

@inline(__always)
private func addingSquare(_ difference: Lanes, to sum: Lanes) -> Lanes {
    multiplyAdd(difference, difference, sum)
}

@inline(__always)
private func scaleAndShift(
    _ x: UnsafeMutablePointer<Float>, _ width: Int, mean: Float, factor: Float, _ gain: UnsafePointer<Float>,
    _ bias: UnsafePointer<Float>
) {
    let means = Lanes(repeating: mean)
    let factors = Lanes(repeating: factor)
    var i = 0
    while i + laneCount <= width {
        let normal = (load(x + i) - means) * factors
        store(multiplyAdd(normal, load(gain + i), load(bias + i)), x + i)
        i += laneCount
    }
    while i < width {
        x[i] = (x[i] - mean) * factor * gain[i] + bias[i]
        i += 1
    }
}
