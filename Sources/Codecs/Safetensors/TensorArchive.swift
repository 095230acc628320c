/// Named tensors and string metadata that lie in memory, whoever owns it: a payload, or a file mapped into memory.
public protocol TensorArchive: Sendable {
    /// The string map under `__metadata__`.
    var metadata: [String: String] { get }
    /// The tensors in the order of their data.
    var tensors: [TensorInfo] { get }
    /// The tensor of that name; nil if there is none.
    subscript(name: String) -> TensorInfo? { get }

    /// Lends the bytes of a tensor, in place. The pointer is valid during the call only.
    func withUnsafeBytes<Result, Failure>(
        of tensor: TensorInfo, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result
}
