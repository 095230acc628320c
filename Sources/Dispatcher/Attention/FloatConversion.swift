import AttnMath
import Codecs
import Compute
import Fleet
import Transformer

/// Copies float elements, or converts them to another float type. The sizes agree by construction.
func convert(
    _ source: UnsafeRawBufferPointer, _ sourceType: TensorType, into destination: UnsafeMutableRawBufferPointer,
    _ type: TensorType
) {
    if type == sourceType {
        destination.copyMemory(from: source)
    } else if type == .f32 {
        widen(source, sourceType, into: destination)
    } else {
        var place = 0
        forEachChunk(source, sourceType) { numbers in
            let end = place + numbers.count * type.byteWidth
            let part = UnsafeMutableRawBufferPointer(rebasing: destination[place..<end])
            do { try FloatFormat(type)?.encode(numbers, into: part) } catch {
                preconditionFailure("slices have the sizes they were made with: \(error)")
            }
            place = end
        }
    }
}

/// Lends float elements of any type as F32, some thousand at a time.
func forEachChunk(
    _ source: UnsafeRawBufferPointer, _ type: TensorType, _ body: (UnsafeBufferPointer<Float>) -> Void
) {
    let (count, chunk) = (source.count / type.byteWidth, 4096)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk) { numbers in
        for first in stride(from: 0, to: count, by: chunk) {
            let end = min(first + chunk, count)
            let part = UnsafeMutableBufferPointer(rebasing: numbers[..<(end - first)])
            widen(
                UnsafeRawBufferPointer(rebasing: source[first * type.byteWidth..<end * type.byteWidth]), type,
                into: UnsafeMutableRawBufferPointer(part))
            body(UnsafeBufferPointer(part))
        }
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

extension Safetensors {
    /// The tensor of that name, of any float type.
    /// - Throws: `JobError.invalidRequest` if it is missing or of another type.
    func requireFloats(_ name: String) throws(JobError) -> TensorInfo {
        guard let tensor = self[name] else { throw JobError(.invalidRequest, "tensor '\(name)' is missing") }
        guard FloatFormat(tensor.type) != nil else {
            throw JobError(.invalidRequest, "tensor '\(name)' is \(tensor.type.rawValue), not a float type")
        }
        return tensor
    }
}

extension TensorSource {
    /// A tensor [..., rows, size] that `write` fills one [rows, size] at a time, given which.
    static func planes(
        _ name: String, _ type: TensorType, shape: [Int],
        write: @escaping @Sendable (Int, UnsafeMutableRawBufferPointer) -> Void
    ) -> TensorSource {
        TensorSource(name, type, shape: shape) { destination in
            let bytes = shape.suffix(2).reduce(type.byteWidth, *)
            for plane in 0..<shape.dropLast(2).reduce(1, *) {
                write(plane, UnsafeMutableRawBufferPointer(rebasing: destination[plane * bytes..<(plane + 1) * bytes]))
            }
        }
    }
}
