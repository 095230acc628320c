/// SplitMix64: the same numbers every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in -1 ..< 1, of 24 bits, so exact in float32; quick in a debug build.
    mutating func float() -> Float {
        Float(Int32(truncatingIfNeeded: next()) >> 8) * 0x1p-23
    }

    mutating func floats(_ count: Int, times magnitude: Float = 1) -> [Float] {
        (0..<count).map { _ in float() * magnitude }
    }
}
