import Codecs
import Fleet

/// Q, or the new or past part of K or V, as it lies in the request: 4-D [batch, heads, length, size] or 3-D
/// [batch, length, heads × size].
struct HeadTensor: Sendable {
    let tensor: TensorInfo
    let batch: Int
    let heads: Int
    let length: Int
    let size: Int
    /// 3-D: the heads of one position lie side by side.
    let isPacked: Bool

    /// - Parameter heads: the number of heads by attribute; needed for rank 3, and not to be contradicted by rank 4.
    init(_ name: String, in file: Safetensors, heads: Int?, attribute: String) throws(JobError) {
        let tensor = try file.requireFloats(name)
        let shape = tensor.shape
        guard !shape.contains(0) else { throw JobError(.invalidRequest, "tensor '\(name)' \(shape) is empty") }
        self.tensor = tensor
        switch shape.count {
        case 4:
            guard heads == nil || heads == shape[1] else {
                throw JobError(
                    .invalidRequest, "tensor '\(name)' \(shape) has \(shape[1]) heads, \(attribute) says otherwise")
            }
            (batch, self.heads, length, size) = (shape[0], shape[1], shape[2], shape[3])
            isPacked = false
        case 3:
            guard let heads else {
                throw JobError(.invalidRequest, "tensor '\(name)' has rank 3: attribute '\(attribute)' is needed")
            }
            guard shape[2] % heads == 0 else {
                throw JobError(
                    .invalidRequest, "tensor '\(name)' \(shape): \(shape[2]) cannot be shared by \(heads) heads")
            }
            (batch, self.heads, length, size) = (shape[0], heads, shape[1], shape[2] / heads)
            isPacked = true
        default:
            throw JobError(.invalidRequest, "tensor '\(name)' \(shape) must have rank 3 or 4")
        }
    }

    /// A cache's [batch, heads, length, size], of which the caller has checked the rank; its length may be 0.
    init(cache tensor: TensorInfo) {
        self.tensor = tensor
        (batch, heads, length, size) = (tensor.shape[0], tensor.shape[1], tensor.shape[2], tensor.shape[3])
        isPacked = false
    }

    /// Elements before the row of one head and position.
    func rowStart(batch: Int, head: Int, position: Int) -> Int {
        isPacked
            ? ((batch * length + position) * heads + head) * size : ((batch * heads + head) * length + position) * size
    }

    /// Writes [rows, size] of one head as `type`, which is the tensor's own or F32.
    func write(
        batch: Int, head: Int, rows: Range<Int>, of file: Safetensors, as type: TensorType,
        into destination: UnsafeMutableRawBufferPointer
    ) {
        file.withUnsafeBytes(of: tensor) { source in
            var place = 0
            // Rows of a head are neighbours unless packed, and then go in one piece.
            for run in isPacked ? rows.map({ $0..<$0 + 1 }) : [rows] {
                let start = rowStart(batch: batch, head: head, position: run.lowerBound)
                let elements = run.count * size
                let end = place + elements * type.byteWidth
                convert(
                    UnsafeRawBufferPointer(rebasing: source[byteRange(start, elements)]), tensor.type,
                    into: UnsafeMutableRawBufferPointer(rebasing: destination[place..<end]), type)
                place = end
            }
        }
    }

    /// A tensor [heads, rows, size], cut out of the request straight into the payload, and its scales if the format has such.
    func slice(
        _ name: String, of file: Safetensors, batch: Int, heads: Range<Int>, rows: Range<Int>, as wire: WireFormat
    ) -> [TensorSource] {
        wire.sources(name, shape: [heads.count, rows.count, size]) { index, type, destination in
            write(batch: batch, head: heads.lowerBound + index, rows: rows, of: file, as: type, into: destination)
        }
    }

    private func byteRange(_ start: Int, _ elements: Int) -> Range<Int> {
        let width = tensor.type.byteWidth
        return start * width..<(start + elements) * width
    }
}
