public import AttnMath
public import Codecs

/// What an archive holds, ready to be computed.
public enum LoadedModel: Sendable {
    case encoder(Encoder)
    case slice(SlicedEncoder)
    case multiHeadAttention(MultiHeadAttention)

    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public init(_ archive: any TensorArchive, kernel: AttentionKernel = .best) throws(ModelError) {
        if ModelArchive.isSlice(archive) {
            self = .slice(try SlicedEncoder(archive, kernel: kernel))
        } else if try ModelArchive.kind(of: archive) == MultiHeadAttentionConfiguration.modelType {
            self = .multiHeadAttention(try MultiHeadAttention(archive, kernel: kernel))
        } else {
            self = .encoder(try Encoder(archive, kernel: kernel))
        }
    }

    /// Bytes of the packed weights.
    public var byteCount: Int {
        switch self {
        case .encoder(let encoder): encoder.byteCount
        case .slice(let slice): slice.byteCount
        case .multiHeadAttention(let layer): layer.byteCount
        }
    }
}
