public import Codecs

/// A part of a blob, from a dispatcher to the worker that asked for it.
///
/// Metadata: `protocol`, `message` = `part`, `digest`, `offset`, and `size`, the whole blob's in bytes; or `missing` =
/// `true`, if the dispatcher does not have it. Tensor: `bytes` U8 [count], at least one unless missing.
public struct BlobPart: Sendable {
    public let digest: BlobDigest
    public let offset: Int
    /// Of the whole blob; nil if the dispatcher does not have it.
    public let size: Int?
    private let file: Safetensors
    private let tensor: TensorInfo?

    /// Bytes of this part.
    public var count: Int { tensor?.byteRange.count ?? 0 }

    /// - Throws: `MessageError`: `.malformed` or `.version`.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        file = try Safetensors(message: payload)
        try ProtocolVersion.check(file.metadata["protocol"])
        let fields = MessageFields(fields: file.metadata)
        guard try fields.string("message") == "part" else { throw MessageError(.malformed, "not a part of a blob") }
        digest = try fields.parse("digest", as: "a digest") { BlobDigest($0) }
        offset = try fields.int("offset")
        guard try fields.optional("missing", as: "true or false", parseBoolean) != true else {
            (size, tensor) = (nil, nil)
            return
        }
        let (total, bytes) = (try fields.int("size"), try file.requireTensor("bytes"))
        guard bytes.type == .u8, bytes.shape.count == 1, !bytes.byteRange.isEmpty, offset >= 0, offset < total,
            bytes.byteRange.count <= total - offset
        else {
            throw MessageError(.malformed, "\(bytes.shape) \(bytes.type.rawValue) is no part at \(offset) of \(total)")
        }
        (size, tensor) = (total, bytes)
    }

    /// Lends the part's bytes.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result? {
        guard let tensor else { return nil }
        return try file.withUnsafeBytes(of: tensor, body)
    }

    /// Lays a part out as a payload.
    /// - Parameter bytes: the part's own, of a blob of `size`.
    public static func encode(
        _ digest: BlobDigest, offset: Int, of size: Int, _ bytes: UnsafeRawBufferPointer
    ) throws(SafetensorsError) -> [UInt8] {
        var metadata = metadata(digest, offset: offset)
        metadata["size"] = String(size)
        let source = TensorSource("bytes", .u8, shape: [bytes.count]) { $0.copyMemory(from: bytes) }
        return try Safetensors.encode(metadata: metadata, tensors: [source])
    }

    public static func encodeMissing(_ digest: BlobDigest, offset: Int) throws(SafetensorsError) -> [UInt8] {
        var metadata = metadata(digest, offset: offset)
        metadata["missing"] = "true"
        return try Safetensors.encode(metadata: metadata, tensors: [])
    }

    private static func metadata(_ digest: BlobDigest, offset: Int) -> [String: String] {
        [
            "protocol": ProtocolVersion.current, "message": "part", "digest": digest.description,
            "offset": String(offset),
        ]
    }
}
