/// Why a blob cannot be kept or read.
public struct BlobError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        /// The bytes are not those that the digest names.
        case otherContent = "other-content"
        /// There is no room for it within the budget.
        case full
        /// The operating system refuses.
        case system
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
