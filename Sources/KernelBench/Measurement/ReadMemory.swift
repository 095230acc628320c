import AttnMath
import Synchronization

/// Memory to be read again and again, too large for any cache, in pages of the usual size as operands are.
final class ReadMemory: @unchecked Sendable {
    // Sendable: written in `init` alone.
    private let numbers: UnsafeMutableBufferPointer<Float>
    /// Where sums go, so that nobody may leave them out.
    private let total = Atomic<UInt32>(0)

    static let byteCount = 256 << 20

    init() {
        numbers = .allocate(capacity: Self.byteCount / MemoryLayout<Float>.stride)
        numbers.initialize(repeating: 1)
    }

    deinit { numbers.deallocate() }

    /// Reads one of `parts` equal parts.
    func read(_ part: Int, of parts: Int, by peak: MachinePeak, _ prefetchDistance: Int) {
        let elements = numbers.count * part / parts..<numbers.count * (part + 1) / parts
        let sum = peak.sum(
            UnsafeBufferPointer(rebasing: numbers[elements]), prefetchDistance: prefetchDistance)
        total.store(sum.bitPattern, ordering: .relaxed)
    }
}
