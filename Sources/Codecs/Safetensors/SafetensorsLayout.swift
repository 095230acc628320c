/// Assigns each tensor its place and collects the header. Not the bytes: those are the writer's.
struct SafetensorsLayout {
    private var entries = JSON.Object()
    private(set) var sources: [(source: TensorSource, byteCount: Int)] = []
    /// The bytes of all tensors so far.
    private(set) var dataCount = 0

    init(metadata: [String: String]) {
        guard !metadata.isEmpty else { return }
        let sorted = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        entries[SafetensorsHeader.metadataKey] = .object(JSON.Object(sorted.map { ($0.key, .string($0.value)) }))
    }

    /// Whether `left` lies before `right`: by type, then by name.
    static func areInOrder(_ left: TensorSource, _ right: TensorSource) -> Bool {
        let (leftRank, rightRank) = (left.type.rank, right.type.rank)
        return leftRank == rightRank ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : leftRank < rightRank
    }

    mutating func append(_ source: TensorSource) throws(SafetensorsError) {
        guard let count = source.type.byteCount(shape: source.shape),
            case let (end, overflow) = dataCount.addingReportingOverflow(count), !overflow
        else { throw SafetensorsError(.invalidShape, tensor: source.name, "no tensor has the shape \(source.shape)") }
        try check(source, needs: count)
        let entry: JSON.Object = [
            "dtype": JSON(source.type.rawValue), "shape": JSON(source.shape), "data_offsets": JSON([dataCount, end]),
        ]
        guard source.name != SafetensorsHeader.metadataKey, entries.insert(source.name, .object(entry)) else {
            throw SafetensorsError(.nameTaken, tensor: source.name, "the name is taken")
        }
        sources.append((source, count))
        dataCount = end
    }

    private func check(_ source: TensorSource, needs count: Int) throws(SafetensorsError) {
        guard let elements = source.elements else { return }
        guard elements.types.contains(source.type) else {
            throw SafetensorsError(
                .typeMismatch, tensor: source.name, "the elements are not \(source.type.rawValue)")
        }
        guard elements.byteCount == count else {
            throw SafetensorsError(
                .sizeMismatch, tensor: source.name,
                "\(source.type.rawValue) \(source.shape) needs \(count) bytes, not \(elements.byteCount)")
        }
    }

    /// The tensors' bytes, allocated once and filled in place, behind what comes first.
    func data(after header: [UInt8] = []) -> [UInt8] {
        let byteCount = header.count + dataCount
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            // `buffer` may be larger than asked for.
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

    /// Length, JSON, and spaces up to a multiple of 8.
    func header() -> [UInt8] {
        let json = JSON(entries).encoded()
        let padding = (8 - json.count % 8) % 8
        let length = UInt64(json.count + padding)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SafetensorsHeader.prefixLength + json.count + padding)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        bytes += json
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        return bytes
    }
}

extension TensorType {
    /// Its place in the order of declaration.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.endIndex }
}
