/// A tensor to be written: its header entry, and how its bytes get into the payload.
public struct TensorSource {
    public let name: String
    public let type: TensorType
    public let shape: [Int]
    /// Of a source that holds elements: what they may be written as, and their bytes. The layout checks both.
    let elements: (types: [TensorType], byteCount: Int)?
    let write: (UnsafeMutableRawBufferPointer) -> Void

    /// A tensor that is computed, sliced or converted straight into its place in the payload.
    ///
    /// - Parameters:
    ///   - shape: row-major dimensions; empty for a scalar.
    ///   - write: called once, with uninitialised memory of exactly the tensor's size. It must fill every byte: what
    ///     it leaves is sent as it is. The memory is aligned for the type, and valid during the call only.
    public init(
        _ name: String, _ type: TensorType, shape: [Int], write: @escaping (UnsafeMutableRawBufferPointer) -> Void
    ) {
        self.name = name
        self.type = type
        self.shape = shape
        self.elements = nil
        self.write = write
    }

    /// A tensor of elements in row-major order. They must be as many as the shape says, and of a Swift type that
    /// `type` can be written from (`TensorElement`); both are checked by the writer.
    public init<Element: TensorElement>(_ name: String, _ type: TensorType, shape: [Int], _ elements: [Element]) {
        self.name = name
        self.type = type
        self.shape = shape
        self.elements = (Element.tensorTypes, elements.count * MemoryLayout<Element>.stride)
        self.write = { destination in
            elements.withUnsafeBytes { destination.copyMemory(from: $0) }
        }
    }

    /// A tensor that is passed on as it came.
    public init(_ tensor: TensorInfo, of file: any TensorArchive) {
        self.init(tensor.name, tensor.type, shape: tensor.shape) { destination in
            file.withUnsafeBytes(of: tensor) { destination.copyMemory(from: $0) }
        }
    }
}
