import AttnMath
import Testing

@Suite("Rows as integers of 8 bits") struct RowQuantizationTests {
    private func roundTrip(_ row: [Float]) throws -> (scale: Float, integers: [Int8], numbers: [Float]) {
        let scale = row.withUnsafeBufferPointer { RowQuantization.scale(of: $0) }
        var integers = [Int8](repeating: 99, count: row.count)
        row.withUnsafeBufferPointer { RowQuantization.quantize($0, scale: scale, into: &integers) }
        var numbers = [Float](repeating: .nan, count: row.count)
        try dequantize(integers, [scale], row.count, &numbers)
        return (scale, integers, numbers)
    }

    @Test("Every number is off by half the scale at the most, and the largest is 127", arguments: 1...40)
    func bounded(count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        for magnitude: Float in [1e-20, 1, 1e30] {
            let row = (0..<count).map { _ in Float.random(in: -1...1, using: &random) * magnitude }
            let (scale, integers, numbers) = try roundTrip(row)
            let largest = row.map(abs).max() ?? 0
            #expect(abs(scale - largest / 127) <= scale * 0x1p-23)
            // Half a unit, and the roundings of 1 / scale and of the product, which reach 127.
            #expect(zip(row, numbers).allSatisfy { abs($0 - $1) <= scale * (0.5 + 127 * 0x1p-22) })
            #expect(integers.map { abs(Int($0)) }.max() == 127)
        }
    }

    @Test("Zeros and what is next to nothing are zeros")
    func nothing() throws {
        for row: [Float] in [[0, -0, 0], [1e-31, -1e-37, 0], Array(repeating: 0, count: 17)] {
            let (scale, integers, numbers) = try roundTrip(row)
            #expect(scale == 0 && integers.allSatisfy { $0 == 0 } && numbers.allSatisfy { $0 == 0 })
        }
    }

    @Test("Counts that disagree are refused")
    func counts() {
        var numbers = [Float](repeating: 0, count: 6)
        for (integers, scales, size) in [(5, 2, 3), (6, 1, 3), (6, 2, 2)] {
            #expect(throws: ShapeError.self) {
                try dequantize(
                    [Int8](repeating: 0, count: integers), [Float](repeating: 1, count: scales), size, &numbers)
            }
        }
    }
}

private func dequantize(_ integers: [Int8], _ scales: [Float], _ size: Int, _ numbers: inout [Float]) throws {
    try integers.withUnsafeBufferPointer { integers in
        try scales.withUnsafeBufferPointer { scales in
            try numbers.withUnsafeMutableBufferPointer { numbers in
                try RowQuantization.dequantize(integers, scales: scales, size: size, into: numbers)
            }
        }
    }
}
