/// Shards whose attempts take about the same time on one worker: the same operator and about the same number of
/// floating-point operations.
public struct ShapeClass: Hashable, Sendable {
    public let number: UInt16

    public init(number: UInt16) { self.number = number }

    /// - Parameters:
    ///   - kind: tells operators apart, 0 to 15.
    ///   - flops: of one shard; classes are half an octave wide.
    public init(kind: Int, flops: Double) {
        let octaves = flops >= 1 ? flops.binade.exponent : 0
        let half = flops >= 1 && flops / flops.binade >= 1.414 ? 1 : 0
        self.init(number: UInt16(truncatingIfNeeded: kind & 15) << 12 | UInt16(min(2 * Int(octaves) + half, 4095)))
    }
}
