/// A strict recursive-descent parser of RFC 8259 over bytes; it recurses at most `maximumDepth` deep.
///
/// Stricter than the standard asks where the standard warns of interoperability: duplicate keys, lone surrogates,
/// invalid UTF-8 and numbers beyond `Double` are refused, and so is a byte order mark.
struct JSONParser {
    static let maximumDepth = 64
    /// A double needs at most 767 significant digits to be told apart; longer numbers serve only to burn time.
    static let maximumNumberLength = 1024

    let bytes: ArraySlice<UInt8>
    /// The index of the next byte to read.
    var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// The whole document: one value between optional white space.
    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipWhitespace()
        guard index == bytes.endIndex else { throw error(.trailingBytes) }
        return value
    }

    /// The next byte, not consumed; nil at the end.
    var next: UInt8? { index < bytes.endIndex ? bytes[index] : nil }

    func error(_ defect: JSONError.Defect) -> JSONError { error(defect, at: index) }

    func error(_ defect: JSONError.Defect, at index: Int) -> JSONError {
        .malformed(defect, offset: index - bytes.startIndex)
    }

    private mutating func skipWhitespace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        skipWhitespace()
        guard let byte = next else { throw error(.endOfInput) }
        switch byte {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        default: throw error(.unexpectedByte)
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[index...].starts(with: expected) else { throw error(.literal) }
        index += expected.count
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
        guard depth <= Self.maximumDepth else { throw error(.tooDeep) }
        index += 1
        var elements: [JSON] = []
        skipWhitespace()
        if consume("]") { return elements }
        while true {
            elements.append(try value(depth: depth))
            if try endsCollection(with: "]") { return elements }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON.Object {
        guard depth <= Self.maximumDepth else { throw error(.tooDeep) }
        index += 1
        var object = JSON.Object()
        skipWhitespace()
        if consume("}") { return object }
        while true {
            skipWhitespace()
            guard let byte = next else { throw error(.endOfInput) }
            guard byte == UInt8(ascii: "\"") else { throw error(.missingKey) }
            let start = index
            let key = try string()
            skipWhitespace()
            guard consume(":") else { throw error(next == nil ? .endOfInput : .missingColon) }
            guard object.insert(key, try value(depth: depth)) else { throw error(.duplicateKey, at: start) }
            if try endsCollection(with: "}") { return object }
        }
    }

    /// Consumes the closing bracket (true) or a comma (false).
    private mutating func endsCollection(with bracket: Unicode.Scalar) throws(JSONError) -> Bool {
        skipWhitespace()
        if consume(",") { return false }
        if consume(bracket) { return true }
        throw error(next == nil ? .endOfInput : .missingComma)
    }
}

extension JSON {
    /// Parses one document.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8 text, without a byte order mark.
    ///   - limit: the most bytes accepted; 1 MiB by default.
    /// - Throws: `JSONError.malformed`, with the offset of the first defect.
    public init(parsing bytes: [UInt8], limit: Int = 1 << 20) throws(JSONError) {
        try self.init(parsing: bytes[...], limit: limit)
    }

    /// Parses one document that is part of a larger buffer; offsets in errors count from the slice's start.
    public init(parsing bytes: ArraySlice<UInt8>, limit: Int = 1 << 20) throws(JSONError) {
        guard bytes.count <= limit else { throw .malformed(.tooLarge, offset: limit) }
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    /// Parses one document held in a string.
    public init(parsing text: String, limit: Int = 1 << 20) throws(JSONError) {
        try self.init(parsing: Array(text.utf8)[...], limit: limit)
    }
}
