import Codecs
import Fleet

/// K or V whole: what is in the cache (`past_key`, `past_value`), if there is one, and the new rows after it.
struct CachedTensor: Sendable {
    let past: HeadTensor?
    let new: HeadTensor

    var batch: Int { new.batch }
    var heads: Int { new.heads }
    var size: Int { new.size }
    var type: TensorType { new.tensor.type }
    var pastLength: Int { past?.length ?? 0 }
    var length: Int { pastLength + new.length }
    var tensors: [TensorInfo] { (past.map { [$0.tensor] } ?? []) + [new.tensor] }

    /// - Throws: `JobError.invalidRequest` if the past does not fit the new rows: it has 4 axes, their type, batch,
    ///   heads and head size, and any length, 0 too.
    init(_ new: HeadTensor, past name: String, in file: Safetensors, op: AttentionOperator) throws(JobError) {
        self.new = new
        guard let tensor = file[name] else {
            past = nil
            return
        }
        let shape = tensor.shape
        guard tensor.type == new.tensor.type, shape.count == 4, shape[0] == new.batch, shape[1] == new.heads,
            shape[3] == new.size
        else {
            throw JobError(
                .invalidRequest,
                "\(op.rawValue): \(name) must be \(new.tensor.type.rawValue) [\(new.batch), \(new.heads), any length, "
                    + "\(new.size)] beside \(new.tensor.name) \(new.tensor.shape), not \(tensor.type.rawValue) \(shape)"
            )
        }
        past = HeadTensor(cache: tensor)
    }

    /// A tensor [heads, rows, size], cut out of the request straight into the payload, and its scales if the format has such.
    func slice(
        _ name: String, of file: Safetensors, batch: Int, heads: Range<Int>, rows: Range<Int>, as wire: WireFormat
    ) -> [TensorSource] {
        wire.sources(name, shape: [heads.count, rows.count, size]) { index, type, destination in
            write(batch: batch, head: heads.lowerBound + index, rows: rows, of: file, as: type, into: destination)
        }
    }

    /// The cache after this job, [batch, heads, past and new length, size], in its own type.
    func present(_ name: String, of file: Safetensors) -> TensorSource {
        .planes(name, type, shape: [batch, heads, length, size]) { index, destination in
            write(
                batch: index / heads, head: index % heads, rows: 0..<length, of: file, as: type, into: destination)
        }
    }

    private func write(
        batch: Int, head: Int, rows: Range<Int>, of file: Safetensors, as type: TensorType,
        into destination: UnsafeMutableRawBufferPointer
    ) {
        let old = rows.clamped(to: 0..<pastLength)
        let fresh = rows.clamped(to: pastLength..<length)
        let split = old.count * size * type.byteWidth
        if let past, !old.isEmpty {
            past.write(
                batch: batch, head: head, rows: old, of: file, as: type,
                into: UnsafeMutableRawBufferPointer(rebasing: destination[..<split]))
        }
        if !fresh.isEmpty {
            new.write(
                batch: batch, head: head, rows: fresh.lowerBound - pastLength..<fresh.upperBound - pastLength,
                of: file, as: type, into: UnsafeMutableRawBufferPointer(rebasing: destination[split...]))
        }
    }
}
