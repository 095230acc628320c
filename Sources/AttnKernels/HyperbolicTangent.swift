// The hyperbolic tangent, for capped scores and for additive scoring.

/// `tanh(x)` per lane: odd bit by bit, +-0 at +-0, never above 1 in magnitude and never falling, NaN for NaN.
///
/// Within 2 units in the last place, or 3.6 * 2^-24 relative; within 0.8 units below 0.625 (checked over every float).
/// Below 0.625 an odd polynomial, which keeps small results accurate relative to themselves; above it
/// (1 - e^-2x) / (1 + e^-2x). Sources: the split and the polynomial's form are those of Cephes' `tanhf` (Moshier).
@inline(__always)
func hyperbolicTangent(_ x: Lanes) -> Lanes {
    let sign = unsafeBitCast(x, to: LaneBits.self) & LaneBits(repeating: 0x8000_0000)
    let magnitude = unsafeBitCast(unsafeBitCast(x, to: LaneBits.self) ^ sign, to: Lanes.self)

    // e^-2x is at most 1, where `exponential` is exact to a few units; (1 - e) / (1 + e) needs no saturation.
    let e = exponential(magnitude * Lanes(repeating: -2))
    let one = Lanes(repeating: 1)
    let large = (one - e) / (one + e)

    let square = magnitude * magnitude
    var p = Lanes(repeating: -5.70498872745e-3)
    p = multiplyAdd(p, square, Lanes(repeating: 2.06390887954e-2))
    p = multiplyAdd(p, square, Lanes(repeating: -5.37397155531e-2))
    p = multiplyAdd(p, square, Lanes(repeating: 1.33314422036e-1))
    p = multiplyAdd(p, square, Lanes(repeating: -3.33332819422e-1))
    let small = multiplyAdd(p * square, magnitude, magnitude)

    let result = large.replacing(with: small, where: magnitude .< Lanes(repeating: 0.625))
    return unsafeBitCast(unsafeBitCast(result, to: LaneBits.self) | sign, to: Lanes.self)
}
