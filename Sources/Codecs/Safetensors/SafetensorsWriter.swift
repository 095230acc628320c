/// Lays tensors and metadata out as one safetensors payload, of which the size is known before a byte is written.
///
/// The same input gives the same bytes: metadata keys are sorted; tensors lie as the reference implementation lays
/// them, by `TensorType`'s order (widest first), then by name (as UTF-8 bytes). The header is padded with spaces to a
/// multiple of 8, so that every tensor is aligned.
public struct SafetensorsWriter {
    private let header: [UInt8]
    private let sources: [(source: TensorSource, byteCount: Int)]
    /// The size of the payload.
    public let byteCount: Int

    /// - Throws: `SafetensorsError` with code `.nameTaken`, `.invalidShape`, `.typeMismatch` or `.sizeMismatch`.
    public init(metadata: [String: String] = [:], tensors: [TensorSource]) throws(SafetensorsError) {
        var layout = SafetensorsLayout(metadata: metadata)
        for source in tensors.sorted(by: SafetensorsLayout.areInOrder) { try layout.append(source) }
        header = layout.header()
        sources = layout.sources
        let (total, overflow) = layout.dataCount.addingReportingOverflow(header.count)
        guard !overflow else { throw SafetensorsError(.invalidShape, "the tensors together exceed the address space") }
        byteCount = total
    }

    /// The payload, allocated once and filled in place.
    public func encoded() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            // An empty header does not exist, so there is memory; `buffer` may be larger than asked for.
            let payload = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount])
            payload.copyBytes(from: header)
            var offset = header.count
            for (source, count) in sources {
                source.write(UnsafeMutableRawBufferPointer(rebasing: payload[offset..<offset + count]))
                offset += count
            }
            initialized = byteCount
        }
    }
}

extension Safetensors {
    /// Writes tensors and metadata as one payload, laid out as `SafetensorsWriter` says.
    /// - Throws: `SafetensorsError` with code `.nameTaken`, `.invalidShape`, `.typeMismatch` or `.sizeMismatch`.
    public static func encode(
        metadata: [String: String] = [:], tensors: [TensorSource]
    ) throws(SafetensorsError) -> [UInt8] {
        try SafetensorsWriter(metadata: metadata, tensors: tensors).encoded()
    }
}
