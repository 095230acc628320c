/// Why a block was refused before any arithmetic: its shape is impossible, or a buffer does not fit the shape.
///
/// Repeating the call with the same operands fails the same way.
public enum ShapeError: Error, Equatable, Sendable {
    /// A dimension is below the least value it can have.
    case dimension(name: String, value: Int, atLeast: Int)
    /// Query heads cannot be shared out evenly over the key/value heads.
    case headsNotDivisible(queryHeads: Int, kvHeads: Int)
    /// The number of elements of a tensor exceeds `Int`.
    case tooLarge(tensor: String)
    /// A buffer has another number of elements (bytes, for encoded tensors) than its shape says.
    case count(buffer: String, expected: Int, actual: Int)
    /// The head range is not within the query heads.
    case headRange(heads: Range<Int>, queryHeads: Int)
    /// A mask's dimension is neither 1 nor the block's, or its keys are more than the block's.
    case mask(dimension: String, value: Int, expected: Int)
    /// No kernel reads operands of this format.
    case format(FloatFormat)
}

extension ShapeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .dimension(let name, let value, let atLeast):
            "attention shape: \(name) is \(value), must be at least \(atLeast)"
        case .headsNotDivisible(let queryHeads, let kvHeads):
            "attention shape: \(queryHeads) query heads cannot share \(kvHeads) key/value heads evenly"
        case .tooLarge(let tensor):
            "attention shape: the number of elements of \(tensor) overflows"
        case .count(let buffer, let expected, let actual):
            "attention operands: \(buffer) holds \(actual) elements, its shape has \(expected)"
        case .headRange(let heads, let queryHeads):
            "attention operands: heads \(heads.lowerBound)..<\(heads.upperBound) are not within 0..<\(queryHeads)"
        case .mask(let dimension, let value, let expected):
            "attention operands: the mask has \(value) \(dimension), the block \(expected)"
        case .format(let format):
            "attention operands: they are \(format), not float32, float16 or bfloat16"
        }
    }
}

/// Throws `ShapeError.count` unless a buffer holds exactly the elements its shape has.
func requireCount(_ buffer: String, _ actual: Int, _ expected: Int) throws(ShapeError) {
    guard actual == expected else { throw .count(buffer: buffer, expected: expected, actual: actual) }
}
