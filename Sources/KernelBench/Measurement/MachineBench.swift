public import AttnMath
import Compute

/// Measures what this machine can do at most: multiply-adds of one core, and reading memory by one thread and by all.
public final class MachineBench {
    private let peak: MachinePeak
    private let variant: KernelVariant
    private let threads: Int
    private let memory: ReadMemory
    private let pool: ComputePool<Void>?

    /// - Parameter threads: those that read memory together; at least 1.
    public init(_ kernel: AttentionKernel, threads: Int) {
        peak = MachinePeak(kernel)
        variant = kernel.variant
        self.threads = threads
        memory = ReadMemory()
        pool = threads > 1 ? ComputePool(threads: threads) {} : nil
    }

    /// The best of `runs` times for each: what disturbs a loop can only make it slower.
    public func measure(runs: Int) async -> MachineMeasurement {
        let multiplyAdd = await multiplyAddRate(runs)
        let one = await readRate(runs, on: nil)
        let all = if let pool { await readRate(runs, on: pool) } else { one }
        return MachineMeasurement(
            variant: variant, threads: threads, gigaflops: multiplyAdd, readBandwidth: one, readBandwidthOfAll: all)
    }

    /// A few milliseconds at any rate a core may have.
    private static let multiplyAddRounds = 1_000_000

    /// Bytes ahead of which memory is asked for; which is best differs between machines.
    private static let prefetchDistances = [0, 1024, 4096, 8192]

    private func multiplyAddRate(_ runs: Int) async -> Double {
        var best = 0.0
        for _ in 0..<runs {
            var operations = 0
            let seconds = await Samples.time { operations = peak.multiplyAdd(rounds: Self.multiplyAddRounds) }
            best = max(best, Double(operations) / seconds / 1e9)
        }
        return best
    }

    private func readRate(_ runs: Int, on pool: ComputePool<Void>?) async -> Double {
        var best = 0.0
        for _ in 0..<runs {
            for distance in Self.prefetchDistances {
                let seconds = await Samples.time {
                    if let pool { await read(on: pool, distance) } else { memory.read(0, of: 1, by: peak, distance) }
                }
                best = max(best, Double(ReadMemory.byteCount) / seconds / 1e9)
            }
        }
        return best
    }

    private func read(on pool: ComputePool<Void>, _ distance: Int) async {
        let (peak, memory, threads) = (peak, memory, threads)
        await withTaskGroup(of: Void.self) { group in
            for part in 0..<threads {
                group.addTask { await pool.run { _ in memory.read(part, of: threads, by: peak, distance) } }
            }
        }
    }
}
