/// What a core can do at most, to hold kernels against: loops of multiply-adds in registers, and of reading memory,
/// compiled for a kernel's instruction set. The caller holds the clock.
public struct MachinePeak: Sendable {
    private let variant: KernelVariant

    public init(_ kernel: AttentionKernel) {
        variant = kernel.variant
    }

    /// Does `rounds` rounds of multiply-adds in float32, enough of them at a time to fill every unit, fused where the
    /// instruction set fuses.
    /// - Returns: how many operations that were, a multiplication and an addition counting as two.
    public func multiplyAdd(rounds: Int) -> Int {
        let rounds = max(rounds, 0)
        let count = variant.multiplyAddChainElements
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { chains in
            // They stay at 1, and so never meet a subnormal number, which would be slow.
            chains.initialize(repeating: 1)
            guard let start = chains.baseAddress else { return }
            variant.multiplyAddChains(start, factor: 0.5, addend: 0.5, rounds: rounds)
        }
        return 2 * count * rounds
    }

    /// Reads all of `numbers` but less than 64 at the end, and adds them up in float32.
    ///
    /// - Parameter prefetchDistance: Bytes before which they are asked for; 0: left to the hardware.
    public func sum(_ numbers: UnsafeBufferPointer<Float>, prefetchDistance: Int) -> Float {
        guard let start = numbers.baseAddress else { return 0 }
        return variant.sumNumbers(start, count: numbers.count, ahead: max(prefetchDistance, 0))
    }
}
