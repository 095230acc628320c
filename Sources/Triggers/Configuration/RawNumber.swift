/// A type of number as it lies in memory, little-endian.
public enum RawNumber: String, Sendable, CaseIterable {
    case f16, f32, f64
    case i8, i16, i32, i64
    case u8, u16, u32

    var byteCount: Int {
        switch self {
        case .i8, .u8: 1
        case .f16, .i16, .u16: 2
        case .f32, .i32, .u32: 4
        case .f64, .i64: 8
        }
    }

    /// The number that begins at `offset`, rounded to nearest.
    func value(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Float {
        func load<Number: BitwiseCopyable>(_ type: Number.Type) -> Number {
            bytes.loadUnaligned(fromByteOffset: offset, as: type)
        }
        return switch self {
        case .f16: Float(load(Float16.self))
        case .f32: load(Float.self)
        case .f64: Float(load(Double.self))
        case .i8: Float(load(Int8.self))
        case .i16: Float(load(Int16.self))
        case .i32: Float(load(Int32.self))
        case .i64: Float(load(Int64.self))
        case .u8: Float(load(UInt8.self))
        case .u16: Float(load(UInt16.self))
        case .u32: Float(load(UInt32.self))
        }
    }
}
