/// A Swift type whose memory is that of a tensor's elements, on a little-endian machine.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The tensor types that may be read and written as this type.
    static var tensorTypes: [TensorType] { get }
}

extension Double: TensorElement { public static let tensorTypes = [TensorType.f64] }
extension Float: TensorElement { public static let tensorTypes = [TensorType.f32] }
extension Float16: TensorElement { public static let tensorTypes = [TensorType.f16] }
extension Int64: TensorElement { public static let tensorTypes = [TensorType.i64] }
extension Int32: TensorElement { public static let tensorTypes = [TensorType.i32] }
extension Int16: TensorElement { public static let tensorTypes = [TensorType.i16] }
extension Int8: TensorElement { public static let tensorTypes = [TensorType.i8] }

/// Booleans are read as the bytes they are: any byte but 0 and 1 is undefined behaviour in a `Bool`.
extension UInt8: TensorElement { public static let tensorTypes = [TensorType.u8, .bool] }

/// The bit patterns of half-precision numbers; bfloat16 has no type in Swift.
extension UInt16: TensorElement { public static let tensorTypes = [TensorType.bf16, .f16] }
