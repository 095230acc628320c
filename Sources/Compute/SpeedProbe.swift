public import AttnMath

/// A short measurement of a worker's own speed, so that its first task is not a guess.
public enum SpeedProbe {
    /// How long it goes on; a block more than that on a slow machine, which takes 50 ms at 0.1 GFLOP/s.
    private static let duration: Duration = .milliseconds(15)

    /// Floating-point operations a second of attention on one thread: blocks of 2 heads × 96 queries × 96 keys × 64, which are
    /// in the cache; the first one is not counted unless it is the only one. nil if the kernel cannot compute them.
    public static func attention(_ kernel: AttentionKernel, _ workspace: inout Workspace) -> Double? {
        let (heads, length, size) = (2, 96, 64)
        let flops = Double(4 * heads * length * length * size)
        // Small different numbers: zeros would be a softmax of equals, which is as fast, but nobody's data.
        let input = (0..<heads * length * size).map { Float($0 % 13) / 16 - 0.375 }
        do {
            let shape = try BlockShape(
                queryHeads: heads, kvHeads: heads, queries: length, keys: length, headSize: size, valueHeadSize: size)
            let clock = ContinuousClock()
            let start = clock.now
            var (counted, blocks) = (start, 0)
            repeat {
                try attend(shape, input, kernel, &workspace)
                if blocks == 0, start.duration(to: clock.now) < duration { counted = clock.now }
                blocks += 1
            } while start.duration(to: clock.now) < duration
            let seconds = counted.duration(to: clock.now) / .seconds(1)
            return flops * Double(counted == start ? blocks : blocks - 1) / max(seconds, 1e-9)
        } catch {
            return nil
        }
    }

    private static func attend(
        _ shape: BlockShape, _ input: [Float], _ kernel: AttentionKernel, _ workspace: inout Workspace
    ) throws {
        _ = try filled(shape.rowCount) { lse in
            _ = try filled(shape.outputCount) { output in
                try input.withUnsafeBytes { bytes in
                    try kernel.attend(
                        shape, BlockAttributes(scale: 0.125),
                        BlockOperands(q: bytes, k: bytes, v: bytes, format: .float32),
                        heads: 0..<shape.queryHeads, into: BlockResult(output: output, lse: lse), workspace: &workspace)
                }
            }
        }
    }
}
