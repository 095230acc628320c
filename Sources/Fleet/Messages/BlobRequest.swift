import Codecs

/// A worker asks the dispatcher that gave it a task for a part of a blob that it lacks. JSON.
public struct BlobRequest: Sendable, Equatable {
    public var digest: BlobDigest
    /// In bytes from the blob's start.
    public var offset: Int
    /// The longest part wanted, in bytes; a part may be shorter.
    public var length: Int

    /// In bytes.
    public static let lengths = 1...(16 << 20)

    public init(digest: BlobDigest, offset: Int, length: Int) {
        self.digest = digest
        self.offset = offset
        self.length = length
    }

    /// - Throws: `MessageError`: `.malformed` or `.version`.
    public init(decoding payload: [UInt8]) throws(MessageError) {
        let (digest, offset, length) = try decodeJSON(payload) { (json) throws(JSONError) in
            (try json.string("digest"), try json.int("offset"), try json.int("length"))
        }
        guard let digest = BlobDigest(digest), offset >= 0, Self.lengths.contains(length) else {
            throw MessageError(.malformed, "a part of a blob: 'digest', 'offset' or 'length' cannot be")
        }
        self.init(digest: digest, offset: offset, length: length)
    }

    public func encoded() -> [UInt8] {
        let json: JSON = [
            "protocol": .string(ProtocolVersion.current), "digest": .string(digest.description),
            "offset": JSON(offset), "length": JSON(length),
        ]
        return json.encoded()
    }
}
