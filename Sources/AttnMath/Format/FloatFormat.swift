internal import AttnKernels

/// The floating-point formats tensors travel in, little-endian, and their conversion to and from float32.
public enum FloatFormat: Sendable, Hashable, CaseIterable {
    /// IEEE 754 binary64.
    case float64
    /// IEEE 754 binary32.
    case float32
    /// IEEE 754 binary16.
    case float16
    /// The upper 16 bits of binary32.
    case bfloat16

    /// Bytes of one number.
    public var byteCount: Int {
        switch self {
        case .float64: 8
        case .float32: 4
        case .float16, .bfloat16: 2
        }
    }

    /// Converts encoded numbers, at any alignment, to float32: exact but for float64, which is rounded to nearest,
    /// ties to even.
    ///
    /// Infinities, signs and subnormals are kept, NaN stays NaN. Throws `ShapeError.count` unless `bytes` holds
    /// exactly as many numbers as `numbers`.
    public func decode(
        _ bytes: UnsafeRawBufferPointer, into numbers: UnsafeMutableBufferPointer<Float>
    ) throws(ShapeError) {
        try requireBytes(bytes.count, for: numbers.count)
        guard let source = bytes.baseAddress, let destination = numbers.baseAddress else { return }
        switch self {
        case .float64: narrowFloat64(source, into: destination, count: numbers.count)
        case .float32: UnsafeMutableRawBufferPointer(numbers).copyMemory(from: bytes)
        case .float16: widenFloat16(source, into: destination, count: numbers.count)
        case .bfloat16: widenBFloat16(source, into: destination, count: numbers.count)
        }
    }

    /// Converts float32 to encoded numbers, at any alignment: exact for float64 and float32, else to nearest, ties to
    /// even.
    ///
    /// What is too large for float16 or bfloat16 becomes infinite, what is too small subnormal or zero, NaN stays
    /// NaN. Throws `ShapeError.count` unless `bytes` has room for exactly as many numbers as `numbers` holds.
    public func encode(
        _ numbers: UnsafeBufferPointer<Float>, into bytes: UnsafeMutableRawBufferPointer
    ) throws(ShapeError) {
        try requireBytes(bytes.count, for: numbers.count)
        guard let source = numbers.baseAddress, let destination = bytes.baseAddress else { return }
        switch self {
        case .float64: widenToFloat64(source, into: destination, count: numbers.count)
        case .float32: bytes.copyMemory(from: UnsafeRawBufferPointer(numbers))
        case .float16: narrowToFloat16(source, into: destination, count: numbers.count)
        case .bfloat16: narrowToBFloat16(source, into: destination, count: numbers.count)
        }
    }

    private func requireBytes(_ actual: Int, for count: Int) throws(ShapeError) {
        let (expected, overflow) = count.multipliedReportingOverflow(by: byteCount)
        guard !overflow else { throw .tooLarge(tensor: "the encoded tensor") }
        try requireCount("the encoded tensor", actual, expected)
    }
}
