// The hyperbolic tangent, for capped scores and for additive scoring.

/// `tanh(x)` per lane, odd bit by bit, NaN for NaN.
///
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
