/// Reads and checks the header of a payload. Nothing a header claims is believed, or allocated, before it is checked.
struct SafetensorsHeader {
    static let metadataKey = "__metadata__"
    /// The bytes of the header's length, in front of the header.
    static let prefixLength = 8

    private(set) var metadata: [String: String] = [:]
    private(set) var tensors: [TensorInfo] = []

    init(_ payload: UnsafeRawBufferPointer, limit: Int) throws(SafetensorsError) {
        let end = try Self.end(of: payload, limit: limit)
        let header = Array(payload[Self.prefixLength..<end])[...]
        guard header.first == UInt8(ascii: "{") else {
            throw SafetensorsError(.malformedHeader, "the header does not begin with '{'")
        }
        let data = end..<payload.count
        for entry in try readEntries(header) { tensors.append(try Self.checked(entry, data: data)) }
        try orderAndCheckCoverage(of: data)
    }

    /// Where the header ends and the data begins, in bytes from the start of the payload.
    private static func end(of payload: UnsafeRawBufferPointer, limit: Int) throws(SafetensorsError) -> Int {
        guard payload.count >= prefixLength else {
            throw SafetensorsError(.truncated, "\(payload.count) bytes are too few for a header")
        }
        let length = payload[..<prefixLength].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= limit else {
            throw SafetensorsError(.headerTooLarge, "a header of \(length) bytes exceeds the limit of \(limit)")
        }
        guard length <= payload.count - prefixLength else {
            throw SafetensorsError(
                .truncated, "a header of \(length) bytes does not fit a payload of \(payload.count)")
        }
        return prefixLength + Int(length)
    }

    /// Takes the metadata, and the tensor entries as they are written.
    private mutating func readEntries(_ header: ArraySlice<UInt8>) throws(SafetensorsError) -> [Entry] {
        do {
            let object = try JSON(parsing: header, limit: header.count).object()
            var entries: [Entry] = []
            for name in object.keys {
                let value = try object.object(name)
                if name == Self.metadataKey {
                    for key in value.keys { metadata[key] = try value.string(key) }
                } else {
                    entries.append(try Entry(name, value))
                }
            }
            return entries
        } catch {
            throw SafetensorsError(.malformedHeader, "header: \(error)")
        }
    }
}

extension SafetensorsHeader {
    /// What the header says of a tensor, unchecked.
    private struct Entry {
        let name: String
        let typeName: String
        let shape: [Int]
        let offsets: [Int]

        init(_ name: String, _ value: JSON.Object) throws(JSONError) {
            try value.allowOnly(["dtype", "shape", "data_offsets"])
            self.name = name
            typeName = try value.string("dtype")
            shape = try value.ints("shape")
            offsets = try value.ints("data_offsets")
        }
    }

    /// - Parameter data: the place of the data in the payload.
    private static func checked(_ entry: Entry, data: Range<Int>) throws(SafetensorsError) -> TensorInfo {
        guard let type = TensorType(rawValue: entry.typeName) else {
            throw SafetensorsError(
                .unknownType, tensor: entry.name, "unknown element type '\(entry.typeName.excerpt)'")
        }
        guard let byteCount = type.byteCount(shape: entry.shape) else {
            throw SafetensorsError(
                .invalidShape, tensor: entry.name, "no tensor has the shape \(entry.shape.description.excerpt)")
        }
        let offsets = entry.offsets
        guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= data.count else {
            throw SafetensorsError(
                .outOfBounds, tensor: entry.name,
                "the offsets \(offsets.description.excerpt) are no range of \(data.count) bytes of data")
        }
        guard offsets[1] - offsets[0] == byteCount else {
            throw SafetensorsError(
                .sizeMismatch, tensor: entry.name,
                "\(type.rawValue) \(entry.shape.description.excerpt) needs \(byteCount) bytes, not \(offsets[1] - offsets[0])"
            )
        }
        let range = data.lowerBound + offsets[0]..<data.lowerBound + offsets[1]
        return TensorInfo(name: entry.name, type: type, shape: entry.shape, byteRange: range)
    }

    /// Sorts the tensors by place and checks that they tile the data: a byte that no tensor names could hide
    /// anything, and one that two name could be changed under the other's feet.
    private mutating func orderAndCheckCoverage(of data: Range<Int>) throws(SafetensorsError) {
        // An empty tensor sorts before the one that begins where it lies; the name settles the rest.
        tensors.sort {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
                < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
        }
        var end = data.lowerBound
        for tensor in tensors {
            guard tensor.byteRange.lowerBound == end else {
                let what = tensor.byteRange.lowerBound < end ? "overlaps" : "leaves a gap behind"
                throw SafetensorsError(.notContiguous, tensor: tensor.name, "\(what) what lies before it")
            }
            end = tensor.byteRange.upperBound
        }
        guard end == data.upperBound else {
            throw SafetensorsError(.notContiguous, "\(data.upperBound - end) bytes at the end belong to no tensor")
        }
    }
}
