// What a layer applies to each of its outputs, per lane. NaN gives NaN.

/// x / 2 (1 + erf(x / sqrt(2))), the GELU of BERT (Hendrycks and Gimpel, 2016): within 2^-23 |x|, and |x| 2^-24 of
/// rounding; x from 5.55 on, and -0 from -5.55 down.
@inline(__always)
func gelu(_ x: Lanes) -> Lanes {
    let half = x * Lanes(repeating: 0.5)
    return multiplyAdd(half, errorFunctionOfRootHalf(x), half)
}

/// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), which approximates GELU (the same paper).
@inline(__always)
func geluByTangent(_ x: Lanes) -> Lanes {
    let half = x * Lanes(repeating: 0.5)
    let cubic = multiplyAdd(x * x, Lanes(repeating: 0.044715), Lanes(repeating: 1))
    return multiplyAdd(half, hyperbolicTangent(x * Lanes(repeating: 0.797_884_56) * cubic), half)
}

/// x / (1 + e^-x). Of e^-|x|, since `exponential` is for arguments that are not positive: for negative x it is
/// x e^x / (1 + e^x).
@inline(__always)
func sigmoidLinear(_ x: Lanes) -> Lanes {
    let zero = Lanes(repeating: 0)
    let one = Lanes(repeating: 1)
    let isNegative = x .< zero
    let e = exponential((zero - x).replacing(with: x, where: isNegative))
    return x * one.replacing(with: e, where: isNegative) / (one + e)
}

/// max(x, 0).
@inline(__always)
func rectified(_ x: Lanes) -> Lanes {
    larger(x, Lanes(repeating: 0))
}
