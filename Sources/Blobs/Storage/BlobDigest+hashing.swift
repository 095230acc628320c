import CCrypto
public import Fleet

extension BlobDigest {
    /// The digest of some bytes.
    public init(of bytes: UnsafeRawBufferPointer) {
        var digest = [UInt8](repeating: 0, count: 32)
        let isHashed = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil) == 1
        guard isHashed, let value = BlobDigest(bytes: digest) else { preconditionFailure("SHA-256 takes any bytes") }
        self = value
    }

    public init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { BlobDigest(of: $0) }
    }
}
