// The exponential of the softmax, for arguments that are not positive.

/// Below this `exp` is taken to be 0: the result would leave the normal range, and a masked score (-inf) must weigh
/// nothing.
private var underflow: Float {
    @inline(__always) get { -87.33 }
}

/// `exp(x)` per lane for x <= 0: exactly 1 at 0, exactly 0 below -87.33 and at -inf, NaN for NaN.
///
/// Elsewhere within 2.3 units in the last place, or 3.1 * 2^-24 relative (checked over every float). x = n ln 2 + r
/// with |r| <= ln 2 / 2; n is found by adding 1.5 * 2^23, which leaves the integer in the low bits of the sum; exp(r)
/// is a polynomial of degree 5 with the least relative error whose constant term is 1 (found with a Lawson iteration,
/// coefficients rounded one after another).
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
    // The added bias of the exponent makes of n's low bits the exponent field of 2^n.
    let shifter = Lanes(repeating: 0x1.8p23 + 127)
    let shifted = multiplyAdd(x, Lanes(repeating: 0x1.715476p0), shifter)
    let n = shifted - shifter
    // ln 2 in two parts; the first has so few bits that its product with n is exact, fused or not.
    var r = multiplyAdd(n, Lanes(repeating: -0x1.63p-1), x)
    r = multiplyAdd(n, Lanes(repeating: 0x1.bd0106p-13), r)

    var p = Lanes(repeating: 0x1.0f9f62p-7)
    p = multiplyAdd(p, r, Lanes(repeating: 0x1.573adp-5))
    p = multiplyAdd(p, r, Lanes(repeating: 0x1.555a82p-3))
    p = multiplyAdd(p, r, Lanes(repeating: 0x1.fffdc4p-2))
    p = multiplyAdd(p, r, Lanes(repeating: 0x1.fffff6p-1))
    p = multiplyAdd(p, r, Lanes(repeating: 1))

    // The shifter's own bits fall off the top. Multiplied, since 2^n added to the exponent of p would make numbers of
    // NaNs with bits set in their payload.
    let power = unsafeBitCast(unsafeBitCast(shifted, to: LaneBits.self) &<< LaneBits(repeating: 23), to: Lanes.self)
    return (p * power).replacing(with: Lanes(repeating: 0), where: x .< Lanes(repeating: underflow))
}

@inline(__always)
func exponential(_ x: Float) -> Float {
    exponential(Lanes(repeating: x))[0]
}
