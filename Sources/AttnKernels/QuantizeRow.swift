// Rows of numbers to integers, as they enter a quantised layer.

import CAttnKernels

/// Writes the integers nearest to x / scale (ties to even), from -127 to 127, as 16 bits, where scale = max |x| / 127; an
/// odd count is filled up with a 0.
///
/// A row of zeros has scale 0. One whose largest magnitude is below 3.7e-37, so that 127 divided by it is infinite, gives
/// zeros too. If an element is not finite the scale is NaN, and so is all that is computed from it.
/// - Returns: The scale.
@inline(__always)
func quantizeRow(_ x: UnsafePointer<Float>, count: Int, into integers: UnsafeMutablePointer<Int16>) -> Float {
    let (largest, invalidity) = largestMagnitude(x, count: count)
    let inverse = largest > 0 ? 127 / largest : 0
    var i = 0
    while i + laneCount <= count {
        storeLowHalves(nearestIntegers(load(x + i) * Lanes(repeating: inverse)), integers + i)
        i += laneCount
    }
    while i < count {
        integers[i] = Int16(truncatingIfNeeded: nearestIntegers(Lanes(repeating: x[i] * inverse))[0])
        i += 1
    }
    if count % 2 != 0 { integers[count] = 0 }
    return largest / 127 + invalidity
}

/// In the low 16 bits: adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits of the sum. Those of an
/// infinity, and of the NaN an operation gives, are 0.
@inline(__always)
private func nearestIntegers(_ x: Lanes) -> LaneBits {
    unsafeBitCast(x + Lanes(repeating: 0x1.8p23), to: LaneBits.self)
}

/// - Returns: The largest |x|, and 0, or NaN if an element is not finite.
@inline(__always)
private func largestMagnitude(_ x: UnsafePointer<Float>, count: Int) -> (Float, Float) {
    var maxima = Lanes(repeating: 0)
    var differences = Lanes(repeating: 0)
    var i = 0
    while i + laneCount <= count {
        let numbers = load(x + i)
        maxima = larger(maxima, magnitudes(numbers))
        differences += numbers - numbers
        i += laneCount
    }
    var maximum = largest(maxima)
    var difference = sum(differences)
    while i < count {
        maximum = x[i].magnitude > maximum ? x[i].magnitude : maximum
        difference += x[i] - x[i]
        i += 1
    }
    return (maximum, difference)
}

@inline(__always)
private func magnitudes(_ x: Lanes) -> Lanes {
    unsafeBitCast(unsafeBitCast(x, to: LaneBits.self) & LaneBits(repeating: 0x7fff_ffff), to: Lanes.self)
}
