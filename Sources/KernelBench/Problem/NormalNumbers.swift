import Glibc

/// Standard normal numbers from a seed (Box and Muller, 1958), by SplitMix64 (Steele, Lea and Flood, 2014).
struct NormalNumbers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func numbers(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let radius = (-2 * log(unit())).squareRoot()
            return Float(radius * cos(2 * .pi * unit()))
        }
    }

    /// Uniform in 0 ..< 1, 0 left out.
    private mutating func unit() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return (Double((z ^ (z >> 31)) >> 12) + 0.5) * 0x1p-52
    }
}
