public import AttnMath
public import Codecs

/// What an archive holds, ready to be computed.
public enum LoadedModel: Sendable {
    case encoder(Encoder)
    case slice(SlicedEncoder)

    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public init(_ archive: any TensorArchive, kernel: AttentionKernel = .best) throws(ModelError) {
        self =
            ModelArchive.isSlice(archive)
            ? .slice(try SlicedEncoder(archive, kernel: kernel)) : .encoder(try Encoder(archive, kernel: kernel))
    }

    /// Bytes of the packed weights.
    public var byteCount: Int {
        switch self {
        case .encoder(let encoder): encoder.byteCount
        case .slice(let slice): slice.byteCount
        }
    }
}
