// The error function, for GELU.

/// `erf(x / sqrt(2))` per lane: odd bit by bit, +-1 from 5.55 on, NaN for NaN.
///
/// Within 6 * 2^-24 absolute, 3 units in the last place of 1; the approximation's own share is half a unit. x P(x^2) / Q(x^2)
/// with P and Q of degree 5, the rational function of that form with the least absolute error on 0...5.55, where
/// 1 - erf falls below 2^-25 (found with a Lawson iteration on the linearised problem). All coefficients are positive,
/// so that neither sum cancels.
@inline(__always)
func errorFunctionOfRootHalf(_ x: Lanes) -> Lanes {
    let square = x * x
    var p = Lanes(repeating: 0x1.818fe4p-25)
    p = multiplyAdd(p, square, Lanes(repeating: 0x1.aa51dp-17))
    p = multiplyAdd(p, square, Lanes(repeating: 0x1.672e4p-12))
    p = multiplyAdd(p, square, Lanes(repeating: 0x1.337b48p-7))
    p = multiplyAdd(p, square, Lanes(repeating: 0x1.176b8ap-4))
    p = multiplyAdd(p, square, Lanes(repeating: 0x1.98845p-1))
    var q = Lanes(repeating: 0x1.3f108cp-20)
    q = multiplyAdd(q, square, Lanes(repeating: 0x1.37d5f6p-14))
    q = multiplyAdd(q, square, Lanes(repeating: 0x1.f1a1c8p-10))
    q = multiplyAdd(q, square, Lanes(repeating: 0x1.d7bp-6))
    q = multiplyAdd(q, square, Lanes(repeating: 0x1.023752p-2))
    q = multiplyAdd(q, square, Lanes(repeating: 1))

    let sign = unsafeBitCast(x, to: LaneBits.self) & LaneBits(repeating: 0x8000_0000)
    let magnitude = unsafeBitCast(unsafeBitCast(x, to: LaneBits.self) ^ sign, to: Lanes.self)
    // Far out x^2 overflows and the quotient is no number: replaced as well.
    let one = unsafeBitCast(sign | LaneBits(repeating: Float(1).bitPattern), to: Lanes.self)
    return (x * p / q).replacing(with: one, where: magnitude .>= Lanes(repeating: 5.55))
}
