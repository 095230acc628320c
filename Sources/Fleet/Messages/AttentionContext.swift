public import Codecs

/// The keys and values that a task attends to: its own, or those of an earlier task of the same dispatcher.
///
/// Tasks that share them name them by `digest`. The first that a worker gets has them, too; later ones only name them.
public struct AttentionContext: Sendable {
    /// Nil: no other task has them.
    public let digest: BlobDigest?
    /// The message that holds K and V.
    public let tensors: Safetensors
    public let k: TensorInfo
    public let v: TensorInfo
    /// Of K and V of type I8.
    public let kScale: TensorInfo?
    public let vScale: TensorInfo?

    static let tensorNames: Set<String> = ["K", "V", "K_scale", "V_scale"]

    /// Those in a task itself; nil if it has neither.
    /// - Throws: `MessageError.malformed` if one is missing.
    init?(_ digest: BlobDigest?, in tensors: Safetensors) throws(MessageError) {
        if Self.tensorNames.allSatisfy({ tensors[$0] == nil }), digest != nil { return nil }
        self.digest = digest
        self.tensors = tensors
        k = try tensors.requireTensor("K")
        v = try tensors.requireTensor("V")
        kScale = tensors["K_scale"]
        vScale = tensors["V_scale"]
    }

    /// Bytes of memory that it holds on to: the whole message.
    public var byteCount: Int { tensors.bytes.count }
}
