import AttnMath
import Codecs

/// Copies float elements, or converts them to F32. The sizes agree by construction.
func convert(
    _ source: UnsafeRawBufferPointer, _ sourceType: TensorType, into destination: UnsafeMutableRawBufferPointer,
    _ type: TensorType
) {
    if type == sourceType {
        destination.copyMemory(from: source)
    } else {
        widen(source, sourceType, into: destination)
    }
}

/// Converts float elements of any type to F32. The sizes agree by construction.
func widen(
    _ source: UnsafeRawBufferPointer, _ type: TensorType, into destination: UnsafeMutableRawBufferPointer
) {
    destination.withMemoryRebound(to: Float.self) { numbers in
        do { try FloatFormat(type)?.decode(source, into: numbers) } catch {
            preconditionFailure("slices have the sizes they were made with: \(error)")
        }
    }
}

extension FloatFormat {
    /// The format of a float tensor's elements; nil for integers and booleans.
    init?(_ type: TensorType) {
        switch type {
        case .f64: self = .float64
        case .f32: self = .float32
        case .f16: self = .float16
        case .bf16: self = .bfloat16
        default: return nil
        }
    }
}
