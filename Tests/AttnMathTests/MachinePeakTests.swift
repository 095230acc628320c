import AttnMath
import Testing

@Suite("What a machine can do at most")
struct MachinePeakTests {
    @Test("operations are counted: two for each lane of each chain and round")
    func operations() {
        for kernel in kernels {
            let peak = MachinePeak(kernel)
            let one = peak.multiplyAdd(rounds: 1)
            #expect(one >= 2 * 12 * 4)
            #expect(peak.multiplyAdd(rounds: 7) == 7 * one)
            #expect(peak.multiplyAdd(rounds: 0) == 0)
            #expect(peak.multiplyAdd(rounds: -1) == 0)
        }
    }

    @Test("every number is read once, but for fewer than 64 at the end; also where memory ahead is not ours")
    func sums() {
        for kernel in kernels {
            for count in [0, 63, 64, 127, 128, 640] {
                // Small whole numbers, whose sum is exact in any order.
                let numbers = (0..<count).map { Float($0 % 7) }
                let expected = numbers[..<(count / 64 * 64)].reduce(0, +)
                for distance in [-1, 0, 64, 4096] {
                    let sum = numbers.withUnsafeBufferPointer {
                        MachinePeak(kernel).sum($0, prefetchDistance: distance)
                    }
                    #expect(sum == expected, "\(kernel.variant), \(count) numbers, \(distance) bytes ahead")
                }
            }
        }
    }
}
