public import Codecs

/// Where a setting may come from: a flag wins over the environment, the environment over a file.
///
/// A setting named `log_level` is the flag `--log-level`, the variable `ATTN_LOG_LEVEL`, and the key `log_level` of the
/// file. Errors say which of the three was wrong.
public struct SettingSources: Sendable {
    private let environment: [String: String]
    private let file: JSON.Object
    private let fileName: String

    /// - Parameters:
    ///   - file: a configuration file's object; keys that are not `known` are refused, the nearest known one named.
    /// - Throws: `SettingError`.
    public init(
        environment: [String: String], file: JSON.Object = [:], fileName: String = "", known: Set<String>
    ) throws(SettingError) {
        self.environment = environment
        self.file = file
        self.fileName = fileName
        for key in file.keys where !known.contains(key) {
            let nearest = known.sorted().min { $0.editDistance(to: key) < $1.editDistance(to: key) }
            throw SettingError("\(fileName): unknown key '\(key)'; did you mean '\(nearest ?? "")'?")
        }
    }

    /// A text; nil if no source has it. Empty variables count as unset.
    public func string(_ flag: String?, _ key: String) throws(SettingError) -> String? {
        if let flag { return flag }
        if let text = variable(key) { return text }
        return try read { () throws(JSONError) in try file.optionalString(key) }
    }

    /// A whole number within a range.
    public func int(_ flag: Int?, _ key: String, in range: ClosedRange<Int>) throws(SettingError) -> Int? {
        let (value, source): (Int?, String)
        if let flag {
            (value, source) = (flag, "--\(String(key.map { $0 == "_" ? "-" : $0 }))")
        } else if let text = variable(key) {
            (value, source) = (Int(text) ?? range.lowerBound - 1, "ATTN_\(key.uppercased())='\(text)'")
        } else {
            value = try read { () throws(JSONError) in try file.optionalInt(key) }
            source = "\(fileName): \(key)"
        }
        guard let value else { return nil }
        guard range.contains(value) else {
            throw SettingError("\(source) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// Pairs of names and texts; from the environment as `name=text,name=text`.
    public func labels(_ key: String) throws(SettingError) -> [String: String] {
        if let text = variable(key) {
            var labels: [String: String] = [:]
            for pair in text.split(separator: ",") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else {
                    throw SettingError("ATTN_\(key.uppercased()) must be NAME=TEXT,NAME=TEXT, not '\(text)'")
                }
                labels[String(parts[0])] = String(parts[1])
            }
            return labels
        }
        return try read { () throws(JSONError) in
            guard let object = try file.optionalObject(key) else { return [:] }
            var labels: [String: String] = [:]
            for name in object.keys { labels[name] = try object.string(name) }
            return labels
        }
    }

    private func variable(_ key: String) -> String? {
        environment["ATTN_\(key.uppercased())"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private func read<Value>(_ body: () throws(JSONError) -> Value) throws(SettingError) -> Value {
        do throws(JSONError) { return try body() } catch { throw SettingError("\(fileName): \(error)") }
    }
}

/// A setting that cannot be used: where it came from, and what it should be.
public struct SettingError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
