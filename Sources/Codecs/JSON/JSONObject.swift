extension JSON {
    /// The members of a JSON object, in the order of insertion; no key twice.
    ///
    /// Keys are compared as Swift strings are: canonically equivalent Unicode spellings are one key.
    public struct Object: Sendable {
        /// The keys in the order of insertion.
        public private(set) var keys: [String] = []
        private var values: [String: JSON] = [:]
        /// Where the object was found, from the root of its document, for error messages; empty at the root.
        var path = ""

        public init() {}

        /// Of a key given twice the last value counts, in the place of the first.
        public init(_ members: some Sequence<(String, JSON)>) {
            for (key, value) in members { self[key] = value }
        }

        public var count: Int { keys.count }
        public var isEmpty: Bool { keys.isEmpty }

        /// The members in the order of insertion.
        public var members: some Sequence<(key: String, value: JSON)> {
            keys.lazy.map { (key: $0, value: values[$0] ?? .null) }
        }

        /// The value under `key`. A new key goes last; nil removes the key, at a cost linear in the number of keys.
        public subscript(key: String) -> JSON? {
            get { values[key] }
            set {
                guard let newValue else {
                    if values.removeValue(forKey: key) != nil { keys.removeAll { $0 == key } }
                    return
                }
                if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
            }
        }

        /// Adds a member whose key must be new.
        /// - Returns: whether it was; if not, the object is of no further use.
        mutating func insert(_ key: String, _ value: JSON) -> Bool {
            // Most objects have a few members: room for three at once instead of for one, then two, then three.
            if keys.isEmpty {
                keys.reserveCapacity(3)
                values.reserveCapacity(3)
            }
            guard values.updateValue(value, forKey: key) == nil else { return false }
            keys.append(key)
            return true
        }
    }
}

extension JSON.Object: Equatable {
    /// Same keys, same values; the order of keys says nothing.
    public static func == (left: Self, right: Self) -> Bool { left.values == right.values }
}
