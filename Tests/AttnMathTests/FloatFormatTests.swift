import AttnMath
import Testing

@Suite("Conversion between float32 and the formats of the wire")
struct FloatFormatTests {
    @Test("every float16 pattern widens to the number it stands for")
    func widenEveryFloat16() throws {
        let patterns = Array(UInt16.min...UInt16.max)
        let numbers = try decode(patterns, .float16)
        for (pattern, number) in zip(patterns, numbers) {
            let expected = Float(Float16(bitPattern: pattern))
            if expected.isNaN {
                #expect(number.isNaN && number.sign == expected.sign)
            } else if number.bitPattern != expected.bitPattern {
                Issue.record("\(pattern): \(number), not \(expected)")
            }
        }
    }

    @Test("every float16 pattern comes back from float32, a NaN as a NaN")
    func roundTripEveryFloat16() throws {
        let patterns = Array(UInt16.min...UInt16.max)
        let back: [UInt16] = try encode(decode(patterns, .float16), .float16)
        for (pattern, result) in zip(patterns, back) where pattern != result {
            if !(Float16(bitPattern: pattern).isNaN && Float16(bitPattern: result).isNaN) {
                Issue.record("\(pattern) became \(result)")
            }
        }
    }

    @Test("between any two neighbouring float16 numbers, rounding is to nearest, ties to even")
    func roundingToFloat16() throws {
        // The pattern above the largest finite one stands for 65536 here: rounding does not know that infinity begins.
        func value(_ pattern: UInt16) -> Float { pattern == 0x7c00 ? 65536 : Float(Float16(bitPattern: pattern)) }
        try expectRounding(patterns: 0..<0x7c00, value, .float16)
    }

    @Test("every bfloat16 pattern widens to the float32 it is the upper half of, and comes back")
    func everyBFloat16() throws {
        let patterns = Array(UInt16.min...UInt16.max)
        let numbers = try decode(patterns, .bfloat16)
        let back: [UInt16] = try encode(numbers, .bfloat16)
        for (index, pattern) in patterns.enumerated() {
            let expected = Float(bitPattern: UInt32(pattern) << 16)
            if numbers[index].bitPattern != expected.bitPattern {
                Issue.record("\(pattern): \(numbers[index]), not \(expected)")
            }
            let isSame = expected.isNaN ? Float(bitPattern: UInt32(back[index]) << 16).isNaN : back[index] == pattern
            if !isSame { Issue.record("\(pattern) became \(back[index])") }
        }
    }

    @Test("between any two neighbouring bfloat16 numbers, rounding is to nearest, ties to even")
    func roundingToBFloat16() throws {
        // In the last interval the upper neighbour is 2^128, which float32 cannot hold; the tests below cover it.
        try expectRounding(patterns: 0..<0x7f7f, { Float(bitPattern: UInt32($0) << 16) }, .bfloat16)
    }

    @Test("what is too large becomes infinite, from half a unit past the largest number on")
    func overflow() throws {
        let half: [UInt16] = try encode(
            [65519.996, 65520, -65520, 1e30, .infinity, -.infinity].map { Float($0) }, .float16)
        #expect(half == [0x7bff, 0x7c00, 0xfc00, 0x7c00, 0x7c00, 0xfc00])
        let brain: [UInt16] = try encode(
            [Float(bitPattern: 0x7f7f_7fff), Float(bitPattern: 0x7f7f_8000), .infinity, -.infinity], .bfloat16)
        #expect(brain == [0x7f7f, 0x7f80, 0x7f80, 0xff80])
    }

    @Test("no NaN becomes infinite, however its payload lies", arguments: [FloatFormat.float16, .bfloat16])
    func notANumber(format: FloatFormat) throws {
        let payloads: [UInt32] = [1, 0xfff, 0x1fff, 0x2000, 0x7fff, 0xffff, 0x1_0000, 0x40_0000, 0x7f_ffff]
        let numbers = payloads.flatMap { payload in
            [Float(bitPattern: 0x7f80_0000 | payload), Float(bitPattern: 0xff80_0000 | payload)]
        }
        let encoded: [UInt16] = try encode(numbers, format)
        #expect(try decode(encoded, format).allSatisfy { $0.isNaN })
        #expect(encoded.indices.allSatisfy { (encoded[$0] >> 15) == $0 % 2 })
    }

    @Test("float64 narrows to nearest and widens exactly")
    func float64() throws {
        let doubles = [0, -0.0, 1, 0.1, 1e300, -1e300, 1 + 0x1p-24, 1 + 0x1.8p-23, .infinity]
        let numbers = try decode(doubles, .float64)
        #expect(numbers.map(\.bitPattern) == doubles.map { Float($0).bitPattern })
        let back: [Double] = try encode(numbers, .float64)
        #expect(back == numbers.map { Double($0) })
        #expect(try decode([Double.nan], .float64)[0].isNaN)
    }

    @Test("float32 passes through, bit by bit")
    func float32() throws {
        let numbers = [Float(bitPattern: 0x7fa0_0001), -0.0, 1, .leastNonzeroMagnitude]
        #expect(try decode(numbers, .float32).map(\.bitPattern) == numbers.map(\.bitPattern))
        let back: [UInt32] = try encode(numbers, .float32)
        #expect(back == numbers.map(\.bitPattern))
    }

    @Test("at any alignment and any count, without touching what lies beyond", arguments: FloatFormat.allCases)
    func alignmentAndCount(format: FloatFormat) throws {
        for offset in 0..<8 {
            for count in 0...19 {
                let numbers = (0..<count).map { Float($0) - 7 }
                var bytes = [UInt8](repeating: 0xa5, count: offset + count * format.byteCount + 8)
                let range = offset..<offset + count * format.byteCount
                try bytes.withUnsafeMutableBytes { bytes in
                    try numbers.withUnsafeBufferPointer {
                        try format.encode($0, into: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
                    }
                }
                #expect(
                    bytes[..<offset].allSatisfy { $0 == 0xa5 } && bytes[range.upperBound...].allSatisfy { $0 == 0xa5 })
                var back = [Float](repeating: .nan, count: count)
                try bytes.withUnsafeBytes { bytes in
                    try back.withUnsafeMutableBufferPointer {
                        try format.decode(UnsafeRawBufferPointer(rebasing: bytes[range]), into: $0)
                    }
                }
                #expect(back == numbers)
            }
        }
    }

    @Test("a byte too few or too many is refused", arguments: FloatFormat.allCases)
    func wrongSize(format: FloatFormat) {
        for count in [3 * format.byteCount - 1, 3 * format.byteCount + 1] {
            let error = ShapeError.count(
                buffer: "the encoded tensor", expected: 3 * format.byteCount, actual: count)
            var bytes = [UInt8](repeating: 0, count: count)
            var numbers: [Float] = [0, 0, 0]
            #expect(throws: error) {
                try bytes.withUnsafeBytes { bytes in
                    try numbers.withUnsafeMutableBufferPointer { try format.decode(bytes, into: $0) }
                }
            }
            #expect(throws: error) {
                try bytes.withUnsafeMutableBytes { bytes in
                    try numbers.withUnsafeBufferPointer { try format.encode($0, into: bytes) }
                }
            }
        }
    }

    /// For each pattern and its successor: the midpoint goes to the even one, its neighbours to the nearer one; both
    /// signs.
    private func expectRounding(patterns: Range<UInt16>, _ value: (UInt16) -> Float, _ format: FloatFormat) throws {
        var numbers: [Float] = []
        var expected: [UInt16] = []
        for low in patterns {
            let high = low + 1
            // Neighbours are so few bits long that their mean is exact.
            let middle = value(low) / 2 + value(high) / 2
            let isExact = middle > value(low) && middle < value(high)
            guard isExact else { continue }
            numbers += [middle.nextDown, middle, middle.nextUp]
            expected += [low, low % 2 == 0 ? low : high, high]
        }
        let positive: [UInt16] = try encode(numbers, format)
        let negative: [UInt16] = try encode(numbers.map { -$0 }, format)
        let first = expected.indices.first { positive[$0] != expected[$0] || negative[$0] != expected[$0] | 0x8000 }
        #expect(first == nil, "\(first.map { "\(numbers[$0]) became \(positive[$0]), not \(expected[$0])" } ?? "")")
    }

    private func decode<Encoded: BitwiseCopyable>(_ encoded: [Encoded], _ format: FloatFormat) throws -> [Float] {
        var numbers = [Float](repeating: 0, count: encoded.count)
        try encoded.withUnsafeBytes { bytes in
            try numbers.withUnsafeMutableBufferPointer { try format.decode(bytes, into: $0) }
        }
        return numbers
    }

    private func encode<Encoded: BitwiseCopyable & ExpressibleByIntegerLiteral>(
        _ numbers: [Float], _ format: FloatFormat
    ) throws -> [Encoded] {
        var encoded = [Encoded](repeating: 0, count: numbers.count)
        try encoded.withUnsafeMutableBytes { bytes in
            try numbers.withUnsafeBufferPointer { try format.encode($0, into: bytes) }
        }
        return encoded
    }
}
