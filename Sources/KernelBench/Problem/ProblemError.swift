/// Why a problem is not measured.
public enum ProblemError: Error, Equatable, Sendable, CustomStringConvertible {
    case dimension(name: String, value: Int, most: Int)
    /// The tensors together take more than `most` bytes.
    case tooLarge(most: Int)
    /// A member of a request has a value that is none of those it can have.
    case value(name: String, value: String, allowed: [String])

    public var description: String {
        switch self {
        case .dimension(let name, let value, let most): "\(name) is \(value), must be 1 to \(most)"
        case .tooLarge(let most): "the tensors take more than \(most >> 30) GiB together"
        case .value(let name, let value, let allowed):
            "\(name) is \"\(value)\", must be one of \(allowed.joined(separator: ", "))"
        }
    }
}
