// Reading typed members. Every error names the member by its path from the root, such as `limits.slots` or
// `shards[3].worker`; objects carry their path along when reached through these accessors.
//
// `optional…` gives nil for an absent key and for `null`; a value of the wrong type throws all the same.

extension JSON.Object {
    public func string(_ key: String) throws(JSONError) -> String {
        try read(key, expected: "a string", \.stringValue)
    }

    public func optionalString(_ key: String) throws(JSONError) -> String? {
        try readOptional(key, expected: "a string", \.stringValue)
    }

    public func int(_ key: String) throws(JSONError) -> Int {
        try read(key, expected: "an integer", \.intValue)
    }

    public func optionalInt(_ key: String) throws(JSONError) -> Int? {
        try readOptional(key, expected: "an integer", \.intValue)
    }

    public func uint64(_ key: String) throws(JSONError) -> UInt64 {
        try read(key, expected: "a non-negative integer", \.uint64Value)
    }

    public func optionalUInt64(_ key: String) throws(JSONError) -> UInt64? {
        try readOptional(key, expected: "a non-negative integer", \.uint64Value)
    }

    public func double(_ key: String) throws(JSONError) -> Double {
        try read(key, expected: "a number", \.doubleValue)
    }

    public func optionalDouble(_ key: String) throws(JSONError) -> Double? {
        try readOptional(key, expected: "a number", \.doubleValue)
    }

    public func bool(_ key: String) throws(JSONError) -> Bool {
        try read(key, expected: "a boolean", \.boolValue)
    }

    public func optionalBool(_ key: String) throws(JSONError) -> Bool? {
        try readOptional(key, expected: "a boolean", \.boolValue)
    }
}

extension JSON.Object {
    public func object(_ key: String) throws(JSONError) -> JSON.Object {
        var object = try read(key, expected: "an object", \.objectValue)
        object.path = path(to: key)
        return object
    }

    public func optionalObject(_ key: String) throws(JSONError) -> JSON.Object? {
        var object = try readOptional(key, expected: "an object", \.objectValue)
        object?.path = path(to: key)
        return object
    }

    public func array(_ key: String) throws(JSONError) -> [JSON] {
        try read(key, expected: "an array", \.arrayValue)
    }

    public func optionalArray(_ key: String) throws(JSONError) -> [JSON]? {
        try readOptional(key, expected: "an array", \.arrayValue)
    }

    public func strings(_ key: String) throws(JSONError) -> [String] {
        try elements(key, expected: "a string", \.stringValue)
    }

    public func ints(_ key: String) throws(JSONError) -> [Int] {
        try elements(key, expected: "an integer", \.intValue)
    }

    public func doubles(_ key: String) throws(JSONError) -> [Double] {
        try elements(key, expected: "a number", \.doubleValue)
    }

    public func objects(_ key: String) throws(JSONError) -> [JSON.Object] {
        var objects = try elements(key, expected: "an object", \.objectValue)
        for index in objects.indices { objects[index].path = path(to: key, at: index) }
        return objects
    }

    /// Refuses members that nobody reads: a misspelt setting must not be ignored.
    /// - Throws: `JSONError.unexpected` for the first key that is not among `known`.
    public func allowOnly(_ known: Set<String>) throws(JSONError) {
        for key in keys where !known.contains(key) { throw .unexpected(path: path(to: key)) }
    }
}

extension JSON {
    /// This value as the root object of its document.
    public func object() throws(JSONError) -> Object {
        guard var object = objectValue else { throw .mismatch(path: "", expected: "an object", found: kind) }
        object.path = ""
        return object
    }
}

extension JSON.Object {
    /// The path of a member from the root of the document, for messages: long keys are clipped.
    public func path(to key: String) -> String {
        path.isEmpty ? key.excerpt : "\(path).\(key.excerpt)"
    }

    /// That a member's value is not what is called for, and what it is.
    package func mismatch(_ key: String, _ expected: String) -> JSONError {
        .mismatch(path: path(to: key), expected: expected, found: self[key]?.text() ?? "nothing")
    }

    private func read<Value>(
        _ key: String, expected: String, _ convert: (JSON) -> Value?
    ) throws(JSONError) -> Value {
        guard let member = self[key] else { throw .missing(path: path(to: key)) }
        guard let value = convert(member) else {
            throw .mismatch(path: path(to: key), expected: expected, found: member.kind)
        }
        return value
    }

    private func readOptional<Value>(
        _ key: String, expected: String, _ convert: (JSON) -> Value?
    ) throws(JSONError) -> Value? {
        guard let member = self[key], !member.isNull else { return nil }
        return try read(key, expected: expected, convert)
    }

    private func elements<Value>(
        _ key: String, expected: String, _ convert: (JSON) -> Value?
    ) throws(JSONError) -> [Value] {
        let elements = try array(key)
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let value = convert(element) else {
                throw .mismatch(path: path(to: key, at: index), expected: expected, found: element.kind)
            }
            values.append(value)
        }
        return values
    }

    private func path(to key: String, at index: Int) -> String { "\(path(to: key))[\(index)]" }
}
