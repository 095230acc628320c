import Codecs

/// Members of a report, which may come from a stranger.
extension JSON.Object {
    /// Three years: what is longer is no job's time, and sums of these stay exact.
    private static var mostMilliseconds: Double { 1e11 }

    /// Milliseconds, as the nearest microsecond.
    /// - Throws: `JSONError` if it is missing, no number, negative or above three years.
    func microseconds(_ key: String) throws(JSONError) -> Int {
        let value = try double(key)
        guard (0...Self.mostMilliseconds).contains(value) else { throw mismatch(key, "a time of 0 to 10¹¹ ms") }
        return Int((value * 1000).rounded())
    }

    func optionalMicroseconds(_ key: String) throws(JSONError) -> Int? {
        guard let value = self[key], !value.isNull else { return nil }
        return try microseconds(key)
    }

    /// A number or a count.
    /// - Throws: `JSONError` if it is missing, no integer, or negative.
    func natural(_ key: String) throws(JSONError) -> Int {
        let value = try int(key)
        guard value >= 0 else { throw mismatch(key, "0 or more") }
        return value
    }

    /// Which piece of its job a shard is: numbers, and ranges of two.
    var place: [(String, JSON)] {
        ["batch", "layer", "heads", "columns", "queries", "keys", "rows", "sequences"].compactMap { key in
            guard let value = self[key] else { return nil }
            let numbers = value.arrayValue ?? [value]
            return numbers.count <= 2 && numbers.allSatisfy({ $0.intValue != nil }) ? (key, value) : nil
        }
    }
}

extension JSON {
    /// Microseconds, as a number of milliseconds.
    init(microseconds: Int) { self.init(Double(microseconds) / 1000) }
}
