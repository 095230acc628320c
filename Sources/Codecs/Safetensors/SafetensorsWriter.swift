/// Lays tensors and metadata out as one safetensors payload, of which the size is known before a byte is written.
///
/// The same input gives the same bytes: metadata keys are sorted; tensors lie as the reference implementation lays
/// them, by `TensorType`'s order (widest first), then by name (as UTF-8 bytes). The header is padded with spaces to a
/// multiple of 8, so that every tensor is aligned.
public struct SafetensorsWriter {
    private let header: [UInt8]
    private let layout: SafetensorsLayout
    /// The size of the payload.
    public let byteCount: Int

    /// - Throws: `SafetensorsError` with code `.nameTaken`, `.invalidShape`, `.typeMismatch` or `.sizeMismatch`.
    public init(metadata: [String: String] = [:], tensors: [TensorSource]) throws(SafetensorsError) {
        var layout = SafetensorsLayout(metadata: metadata)
        for source in tensors.sorted(by: SafetensorsLayout.areInOrder) { try layout.append(source) }
        header = layout.header()
        self.layout = layout
        let (total, overflow) = layout.dataCount.addingReportingOverflow(header.count)
        guard !overflow else { throw SafetensorsError(.invalidShape, "the tensors together exceed the address space") }
        byteCount = total
    }

    /// The payload, allocated once and filled in place.
    public func encoded() -> [UInt8] { layout.data(after: header) }
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
