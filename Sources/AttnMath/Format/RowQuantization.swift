/// Rows of numbers as integers of 8 bits with one scale: x ≈ scale · integer, off by half the scale at the most.
public enum RowQuantization {
    /// What the row's integers are multiplied with: max |x| / 127; 0 for a row in which nothing exceeds 1e-30.
    ///
    /// Numbers must be finite.
    public static func scale(of row: UnsafeBufferPointer<Float>) -> Float {
        var maxima = SIMD8<Float>(repeating: 0)
        var index = 0
        while index + 8 <= row.count {
            let numbers = lanes(row, index)
            maxima = pointwiseMax(maxima, pointwiseMax(numbers, -numbers))
            index += 8
        }
        var largest = maxima.max()
        while index < row.count {
            largest = max(largest, abs(row[index]))
            index += 1
        }
        return largest > 1e-30 ? largest / 127 : 0
    }

    /// The integers nearest to x / scale (ties to even), from −127 to 127; zeros if the scale is 0.
    ///
    /// - Parameter integers: room for as many as the row has.
    public static func quantize(
        _ row: UnsafeBufferPointer<Float>, scale: Float, into integers: UnsafeMutablePointer<Int8>
    ) {
        let inverse = scale > 0 ? 1 / scale : 0
        var index = 0
        while index + 8 <= row.count {
            // Adding 1.5 · 2²³ rounds to a whole number and leaves it in the low bits of the sum.
            let sums = lanes(row, index) * inverse + SIMD8(repeating: 0x1.8p23)
            let bytes = SIMD8<Int8>(truncatingIfNeeded: unsafeBitCast(sums, to: SIMD8<Int32>.self))
            UnsafeMutableRawPointer(integers + index).storeBytes(of: bytes, as: SIMD8<Int8>.self)
            index += 8
        }
        while index < row.count {
            integers[index] = Int8(truncatingIfNeeded: (row[index] * inverse + 0x1.8p23).bitPattern)
            index += 1
        }
    }

    /// The numbers again, in float32: [rows, size], each row times its scale.
    ///
    /// - Throws: `ShapeError.count` unless there are as many integers, scales and numbers as `rows` and `size` say.
    public static func dequantize(
        _ integers: UnsafeBufferPointer<Int8>, scales: UnsafeBufferPointer<Float>, size: Int,
        into numbers: UnsafeMutableBufferPointer<Float>
    ) throws(ShapeError) {
        try requireCount("the integers", integers.count, numbers.count)
        try requireCount("the scaled rows", numbers.count, scales.count * size)
        for (row, scale) in scales.enumerated() {
            let (first, end) = (row * size, (row + 1) * size)
            var index = first
            while index + 8 <= end {
                let bytes = UnsafeRawPointer(integers.baseAddress.unsafelyUnwrapped + index)
                    .loadUnaligned(as: SIMD8<Int8>.self)
                UnsafeMutableRawPointer(numbers.baseAddress.unsafelyUnwrapped + index)
                    .storeBytes(of: SIMD8<Float>(bytes) * scale, as: SIMD8<Float>.self)
                index += 8
            }
            while index < end {
                numbers[index] = Float(integers[index]) * scale
                index += 1
            }
        }
    }

    private static func lanes(_ row: UnsafeBufferPointer<Float>, _ index: Int) -> SIMD8<Float> {
        UnsafeRawPointer(row.baseAddress.unsafelyUnwrapped + index).loadUnaligned(as: SIMD8<Float>.self)
    }
}
