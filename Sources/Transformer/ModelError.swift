/// Why a model cannot be loaded, or an input not be given to it.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The configuration or the tensors are not what a model of that kind has.
        case malformed
        /// A kind of model, an activation or a setting that is not computed here.
        case unsupported
        /// An input does not fit the model: its shape, a number out of range, or too long.
        case invalidInput = "invalid-input"
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
