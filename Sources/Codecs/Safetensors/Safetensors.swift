/// Named tensors and string metadata in one payload, in the safetensors format: read in place, never copied.
///
/// Layout: header length (8 bytes, little-endian), JSON header, tensor data, row-major and little-endian. This
/// implementation is for little-endian machines only: elements are used as they lie.
///
/// Source: the format's description and reference implementation, huggingface/safetensors. Stricter than the latter:
/// the header begins with '{' (as described), no key occurs twice (as described), and a tensor entry has exactly its
/// three fields.
public struct Safetensors: TensorArchive {
    /// The whole payload, header included.
    public let bytes: [UInt8]
    /// The string map under `__metadata__`; empty if there is none.
    public let metadata: [String: String]
    /// The tensors in the order of their data. Together they cover all bytes behind the header, each byte once.
    public let tensors: [TensorInfo]
    /// Positions in `tensors`.
    private let index: [String: Int]

    /// Checks a payload's header, and every tensor's type, shape and place.
    ///
    /// - Parameters:
    ///   - payload: kept as it is; the tensors are ranges of it.
    ///   - headerLimit: the longest header accepted, in bytes. The default is the reference implementation's; the
    ///     wire's messages need far less.
    /// - Throws: `SafetensorsError` with a code from `.truncated` to `.notContiguous`.
    public init(parsing payload: [UInt8], headerLimit: Int = 100_000_000) throws(SafetensorsError) {
        let header = try payload.span.bytes.withUnsafeBytes { bytes throws(SafetensorsError) in
            try SafetensorsHeader(bytes, limit: headerLimit)
        }
        bytes = payload
        metadata = header.metadata
        tensors = header.tensors
        index = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    }

    /// Tensors in memory, for readers in this process: `bytes` has no header, and is no payload.
    ///
    /// - Throws: `SafetensorsError` with code `.nameTaken`, `.invalidShape`, `.typeMismatch` or `.sizeMismatch`.
    public init(holding sources: [TensorSource]) throws(SafetensorsError) {
        var layout = SafetensorsLayout(metadata: [:])
        var tensors: [TensorInfo] = []
        for source in sources.sorted(by: SafetensorsLayout.areInOrder) {
            let start = layout.dataCount
            try layout.append(source)
            tensors.append(
                TensorInfo(
                    name: source.name, type: source.type, shape: source.shape, byteRange: start..<layout.dataCount))
        }
        bytes = layout.data()
        metadata = [:]
        self.tensors = tensors
        index = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of that name; nil if there is none.
    public subscript(name: String) -> TensorInfo? { index[name].map { tensors[$0] } }

    /// The tensor of that name.
    /// - Throws: `SafetensorsError.missingTensor`, which names what is there instead.
    public func tensor(_ name: String) throws(SafetensorsError) -> TensorInfo {
        guard let tensor = self[name] else {
            let names = tensors.prefix(8).map(\.name.excerpt).joined(separator: ", ")
            let more = tensors.count > 8 ? " and \(tensors.count - 8) more" : ""
            throw SafetensorsError(.missingTensor, tensor: name, "missing among \(tensors.count): \(names)\(more)")
        }
        return tensor
    }
}
