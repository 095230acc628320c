/// Why bytes are not JSON, or why a JSON document does not hold what its reader needs.
public enum JSONError: Error, Sendable, Equatable {
    /// Not JSON; `offset` counts bytes from the start of the document.
    case malformed(Defect, offset: Int)
    /// A required member is absent.
    case missing(path: String)
    /// A member has another type than its reader needs. The path is empty at the document's root.
    case mismatch(path: String, expected: String, found: String)
    /// A member that no reader knows.
    case unexpected(path: String)

    /// What is wrong with the bytes. The raw value is a sentence for a person.
    public enum Defect: String, Sendable {
        case tooLarge = "the document is larger than its limit"
        case tooDeep = "arrays and objects are nested deeper than 64"
        case endOfInput = "the document ends too early"
        case trailingBytes = "bytes follow the value"
        case unexpectedByte = "no value starts like this"
        case literal = "only 'null', 'true' and 'false' are literals"
        case number = "not a JSON number"
        case numberOutOfRange = "the number is larger than a double holds"
        case numberTooLong = "the number has too many digits"
        case missingComma = "',' or the closing bracket is missing"
        case missingColon = "':' is missing after a key"
        case missingKey = "a key in double quotes is missing"
        case duplicateKey = "a key occurs twice in one object"
        case controlCharacter = "a control character in a string is not escaped"
        case escape = "not a JSON escape"
        case loneSurrogate = "half of a surrogate pair stands alone"
        case invalidUTF8 = "a string is not valid UTF-8"
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .malformed(let defect, let offset): "malformed JSON at byte \(offset): \(defect.rawValue)"
        case .missing(let path): "\(path): missing"
        case .mismatch("", let expected, let found): "expected \(expected), found \(found)"
        case .mismatch(let path, let expected, let found): "\(path): expected \(expected), found \(found)"
        case .unexpected(let path): "\(path): unknown key"
        }
    }
}
