/// A safetensors payload in memory that something else owns, such as a mapped file: read in place, never copied but for
/// its header.
public struct SafetensorsView: TensorArchive {
    public let metadata: [String: String]
    public let tensors: [TensorInfo]
    private let index: [String: Int]
    private let owner: any MemoryOwner

    /// Checks the header, and every tensor's type, shape and place, as `Safetensors` does.
    ///
    /// - Parameter owner: kept as long as this is; its memory must not change.
    /// - Throws: `SafetensorsError` with a code from `.truncated` to `.notContiguous`.
    public init(parsing owner: any MemoryOwner, headerLimit: Int = 100_000_000) throws(SafetensorsError) {
        let header = try SafetensorsHeader(owner.bytes, limit: headerLimit)
        metadata = header.metadata
        tensors = header.tensors
        index = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
        self.owner = owner
    }

    public subscript(name: String) -> TensorInfo? { index[name].map { tensors[$0] } }

    public func withUnsafeBytes<Result, Failure>(
        of tensor: TensorInfo, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(
            tensor.byteRange.upperBound <= owner.bytes.count, "tensor '\(tensor.name)' is of another payload")
        defer { withExtendedLifetime(owner) {} }
        return try body(UnsafeRawBufferPointer(rebasing: owner.bytes[tensor.byteRange]))
    }
}

/// An object whose life is that of some memory, which never changes meanwhile.
public protocol MemoryOwner: AnyObject, Sendable {
    var bytes: UnsafeRawBufferPointer { get }
}
