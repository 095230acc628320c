import Fleet
import Glibc

/// Standard normal numbers from a seed (Box and Muller, 1958).
struct NormalNumbers {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func numbers(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let radius = (-2 * log(unit())).squareRoot()
            return Float(radius * cos(2 * .pi * unit()))
        }
    }

    /// Uniform in 0 ..< 1, 0 left out.
    private mutating func unit() -> Double {
        (Double(generator.next() >> 12) + 0.5) * 0x1p-52
    }
}
