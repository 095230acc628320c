import AttnMath

extension FloatFormat {
    /// The bytes of `numbers` in this format.
    func encoded(_ numbers: [Float]) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: numbers.count * byteCount)
        try numbers.withUnsafeBufferPointer { numbers in
            try bytes.withUnsafeMutableBytes { try encode(numbers, into: $0) }
        }
        return bytes
    }

    /// `numbers` as they are after being stored in this format.
    func rounded(_ numbers: [Float]) throws -> [Float] {
        var result = numbers
        try encoded(numbers).withUnsafeBytes { bytes in
            try result.withUnsafeMutableBufferPointer { try decode(bytes, into: $0) }
        }
        return result
    }
}

/// What the kernels read.
let kernelFormats: [FloatFormat] = [.float32, .float16, .bfloat16]
