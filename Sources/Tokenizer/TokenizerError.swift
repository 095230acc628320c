public import Codecs

/// Why a tokenizer cannot be made of a model's files. Every case names the file, and where in it; none is worth a retry
/// with the same file.
public enum TokenizerError: Error, Sendable, Equatable {
    /// The file is not there, cannot be read, or is larger than any tokenizer's.
    case unreadable(file: String, reason: String)
    /// The file is not JSON, or a member is missing or of another type.
    case json(file: String, JSONError)
    /// A value has the right type and still cannot be used. `at` is a path of JSON keys, or a line.
    case invalid(file: String, at: String, reason: String)
    /// The file is of a tokenizer of another kind than BERT's.
    case unsupported(file: String, at: String, found: String, supported: String)
}

extension TokenizerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .json(let file, let error): "\(file): \(error)"
        case .invalid(let file, let place, let reason): "\(file): \(place): \(reason)"
        case .unsupported(let file, let place, let found, let supported):
            "\(file): \(place): '\(found)' is not supported, only \(supported)"
        }
    }
}
