/// What a safetensors header says of one tensor, checked against the payload it came with.
public struct TensorInfo: Sendable, Equatable {
    public let name: String
    public let type: TensorType
    /// Row-major dimensions; empty for a scalar. A dimension may be 0.
    public let shape: [Int]
    /// Where the elements are, in bytes from the start of the payload.
    public let byteRange: Range<Int>

    /// The product of the shape.
    public var elementCount: Int { byteRange.count / type.byteWidth }

    /// Whether the elements begin at a multiple of their width, so that they can be used in place.
    ///
    /// Always so in payloads of our own writer and of the reference implementation.
    public var isAligned: Bool { byteRange.lowerBound.isMultiple(of: type.byteWidth) }
}
