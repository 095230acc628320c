/// The element type of a tensor; raw values are safetensors' names.
///
/// In the order in which tensors are laid out in a file: the widest first, so that each begins at a multiple of its
/// own width; the order within one width is the reference implementation's.
public enum TensorType: String, Sendable, CaseIterable {
    case i64 = "I64"
    case f64 = "F64"
    case f32 = "F32"
    case i32 = "I32"
    case bf16 = "BF16"
    case f16 = "F16"
    case i16 = "I16"
    case i8 = "I8"
    case u8 = "U8"
    /// One byte each, 0 or 1.
    case bool = "BOOL"

    /// Bytes an element takes.
    public var byteWidth: Int {
        switch self {
        case .i64, .f64: 8
        case .f32, .i32: 4
        case .bf16, .f16, .i16: 2
        case .i8, .u8, .bool: 1
        }
    }

    /// The bytes that a tensor of `shape` takes; 1 element if the shape is empty (rank 0).
    /// - Returns: nil if a dimension is negative or a product on the way exceeds `Int`.
    public func byteCount(shape: [Int]) -> Int? {
        var count = byteWidth
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }
}
