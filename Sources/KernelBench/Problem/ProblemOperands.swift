import AttnMath

/// Q, K and V of a problem, in memory of their own.
final class ProblemOperands: @unchecked Sendable {
    // Sendable: written in `init` alone.
    let q: UnsafeRawBufferPointer
    let k: UnsafeRawBufferPointer
    let v: UnsafeRawBufferPointer

    /// Fills them with normal numbers. At most a million are drawn, and then repeated: softmax sees what it would see
    /// of others, and half a gigabyte of keys is there in a moment.
    init(_ problem: KernelProblem) throws {
        let shape = problem.shape
        let drawn = min(shape.queryCount + shape.keyCount + shape.valueCount, Self.most)
        let numbers = try Self.encoded(drawn, problem.dtype.format)
        func filled(_ count: Int, from start: Int) -> UnsafeRawBufferPointer {
            Self.tensor(count * problem.dtype.format.byteCount, of: numbers, from: start * numbers.count / 3)
        }
        q = filled(shape.queryCount, from: 0)
        k = filled(shape.keyCount, from: 1)
        v = filled(shape.valueCount, from: 2)
    }

    deinit {
        for tensor in [q, k, v] { tensor.deallocate() }
    }

    /// A prime, so that heads do not repeat each other.
    private static let most = 1_000_003

    private static func encoded(_ drawn: Int, _ format: FloatFormat) throws -> [UInt8] {
        var generator = NormalNumbers(seed: 1)
        let numbers = generator.numbers(drawn)
        var bytes = [UInt8](repeating: 0, count: drawn * format.byteCount)
        try numbers.withUnsafeBufferPointer { numbers in
            try bytes.withUnsafeMutableBytes { try format.encode(numbers, into: $0) }
        }
        return bytes
    }

    private static func tensor(_ byteCount: Int, of numbers: [UInt8], from start: Int) -> UnsafeRawBufferPointer {
        let tensor = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 64)
        var filled = 0
        // Rounded down to whole numbers of either size.
        var next = start / 4 * 4
        numbers.withUnsafeBytes { numbers in
            while filled < byteCount {
                let count = min(numbers.count - next, byteCount - filled)
                let source = UnsafeRawBufferPointer(rebasing: numbers[next..<next + count])
                UnsafeMutableRawBufferPointer(rebasing: tensor[filled..<filled + count]).copyMemory(from: source)
                filled += count
                next = 0
            }
        }
        return UnsafeRawBufferPointer(tensor)
    }
}
