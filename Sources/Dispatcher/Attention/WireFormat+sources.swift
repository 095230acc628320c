import AttnMath
import Codecs

/// Tensors in the format in which they travel.
extension WireFormat {
    /// The tensor [planes, rows, size] of that name; of `i8` also `NAME_scale` [planes, rows].
    ///
    /// - Parameter write: fills one [rows, size] with elements of the type given: `type`, or `f32` where those are rounded here.
    func sources(
        _ name: String, shape: [Int],
        write: @escaping @Sendable (Int, TensorType, UnsafeMutableRawBufferPointer) -> Void
    ) -> [TensorSource] {
        guard self == .i8 else { return [.planes(name, type, shape: shape) { [type] in write($0, type, $1) }] }
        let (rows, size) = (shape[1], shape[2])
        @Sendable func forEachRow(of plane: Int, _ body: (Int, UnsafeBufferPointer<Float>) -> Void) {
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * size) { numbers in
                write(plane, .f32, UnsafeMutableRawBufferPointer(numbers))
                for row in 0..<rows {
                    body(row, UnsafeBufferPointer(rebasing: numbers[row * size..<(row + 1) * size]))
                }
            }
        }
        return [
            .planes(name, .i8, shape: shape) { plane, destination in
                let integers = destination.assumingMemoryBound(to: Int8.self)
                forEachRow(of: plane) { row, numbers in
                    RowQuantization.quantize(
                        numbers, scale: RowQuantization.scale(of: numbers),
                        into: integers.baseAddress.unsafelyUnwrapped + row * size)
                }
            },
            TensorSource("\(name)_scale", .f32, shape: [shape[0], rows]) { destination in
                let scales = destination.assumingMemoryBound(to: Float.self)
                for plane in 0..<shape[0] {
                    forEachRow(of: plane) { row, numbers in
                        scales[plane * rows + row] = RowQuantization.scale(of: numbers)
                    }
                }
            },
        ]
    }
}
