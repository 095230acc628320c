import Codecs

/// An object of a JSON file, that names the file in its errors.
struct FileSection {
    let file: String
    let object: JSON.Object

    /// Larger ones are no tokenizer's: the largest that are known have 20 MB.
    static let sizeLimit = 64 << 20

    init(_ file: String, _ object: JSON.Object) {
        self.file = file
        self.object = object
    }

    init(parsing bytes: [UInt8], file: String) throws(TokenizerError) {
        do throws(JSONError) {
            object = try JSON(parsing: bytes, limit: Self.sizeLimit).object()
        } catch {
            throw .json(file: file, error)
        }
        self.file = file
    }

    /// Reads members, so: `try section.read { object throws(JSONError) in try object.int("id") }`.
    func read<Value>(_ body: (JSON.Object) throws(JSONError) -> Value) throws(TokenizerError) -> Value {
        do throws(JSONError) {
            return try body(object)
        } catch {
            throw .json(file: file, error)
        }
    }

    func section(_ key: String) throws(TokenizerError) -> FileSection {
        FileSection(file, try read { object throws(JSONError) in try object.object(key) })
    }

    /// Nil for an absent key and for `null`.
    func optionalSection(_ key: String) throws(TokenizerError) -> FileSection? {
        try read { object throws(JSONError) in try object.optionalObject(key) }.map { FileSection(file, $0) }
    }

    /// The elements of an array of objects.
    func sections(_ key: String) throws(TokenizerError) -> [FileSection] {
        try read { object throws(JSONError) in try object.objects(key) }.map { FileSection(file, $0) }
    }

    func string(_ key: String) throws(TokenizerError) -> String {
        try read { object throws(JSONError) in try object.string(key) }
    }

    func optionalString(_ key: String) throws(TokenizerError) -> String? {
        try read { object throws(JSONError) in try object.optionalString(key) }
    }

    func bool(_ key: String) throws(TokenizerError) -> Bool {
        try read { object throws(JSONError) in try object.bool(key) }
    }

    func optionalBool(_ key: String) throws(TokenizerError) -> Bool? {
        try read { object throws(JSONError) in try object.optionalBool(key) }
    }

    /// A number of things; nil for an absent key and for `null`. What is beyond `Int`, as in
    /// `"model_max_length": 1e30`, is as good as without limit.
    func optionalCount(_ key: String) throws(TokenizerError) -> Int? {
        guard let value = try read({ object throws(JSONError) in try object.optionalDouble(key) }) else { return nil }
        if value >= 0x1p62 { return .max }
        return try count(key)
    }

    func count(_ key: String) throws(TokenizerError) -> Int {
        let value = try read { object throws(JSONError) in try object.int(key) }
        guard value >= 0 else { throw invalid(key, "\(value) is negative") }
        return value
    }

    /// The ID of a token, or of a kind of tokens.
    func id(_ key: String) throws(TokenizerError) -> Int32 {
        let value = try read { object throws(JSONError) in try object.int(key) }
        guard let id = Self.id(value) else { throw notID(key) }
        return id
    }

    func ids(_ key: String) throws(TokenizerError) -> [Int32] {
        let values = try read { object throws(JSONError) in try object.ints(key) }
        var ids: [Int32] = []
        for value in values {
            guard let id = Self.id(value) else { throw notID(key) }
            ids.append(id)
        }
        return ids
    }

    /// Nil for what cannot be an ID.
    static func id(_ value: Int?) -> Int32? {
        guard let value, value >= 0 else { return nil }
        return Int32(exactly: value)
    }

    func notID(_ key: String) -> TokenizerError { invalid(key, "an ID is an integer from 0 to \(Int32.max)") }

    /// Fails unless the member, where it is there, is the one supported value.
    func require(_ key: String, _ supported: String) throws(TokenizerError) {
        guard let found = try optionalString(key), found != supported else { return }
        throw .unsupported(file: file, at: object.path(to: key), found: found, supported: supported)
    }

    func invalid(_ key: String, _ reason: String) -> TokenizerError {
        .invalid(file: file, at: object.path(to: key), reason: reason)
    }
}
