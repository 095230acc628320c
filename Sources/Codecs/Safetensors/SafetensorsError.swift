/// Why bytes are not safetensors, or why tensors cannot be written or read as asked.
public struct SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The payload ends before the header does.
        case truncated
        /// The header is larger than the reader's limit.
        case headerTooLarge = "header-too-large"
        /// The header is not JSON, or not of the form that safetensors prescribes.
        case malformedHeader = "malformed-header"
        /// An element type this implementation does not know.
        case unknownType = "unknown-type"
        /// A negative dimension, or more elements than can be addressed.
        case invalidShape = "invalid-shape"
        /// Offsets that are reversed or beyond the payload.
        case outOfBounds = "out-of-bounds"
        /// Shape × element width is not the number of bytes.
        case sizeMismatch = "size-mismatch"
        /// Tensors that overlap, or leave bytes between or behind them.
        case notContiguous = "not-contiguous"
        /// Two tensors to write have one name, or a tensor has the name of the metadata.
        case nameTaken = "name-taken"
        case missingTensor = "missing-tensor"
        /// The tensor's elements are not of the type asked for.
        case typeMismatch = "type-mismatch"
        /// A byte of a `BOOL` tensor that is neither 0 nor 1.
        case invalidBoolean = "invalid-boolean"
    }

    public let code: Code
    /// A sentence for a person: the tensor, what was expected and what was found.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ code: Code, tensor: String, _ message: String) {
        self.init(code, "tensor '\(tensor.excerpt)': \(message)")
    }

    public var description: String { message }
}
