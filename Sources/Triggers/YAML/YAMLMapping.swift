import Yams

/// A mapping of a trigger file, read key by key.
///
/// A method that reads a key gives nil both where the key is absent and where its value is wrong, which it notes. What is
/// read may be used only after `IssueList.check`.
struct YAMLMapping {
    let issues: IssueList
    /// From the root, for messages; empty at the root.
    let path: String
    let mark: Mark?
    private let members: [(key: String, mark: Mark?, value: Node)]

    /// Notes keys that nobody reads: a misspelt setting must not be ignored.
    /// - Returns: nil if `node` is no mapping, which is noted.
    init?(_ node: Node, path: String, keys known: [String], _ issues: IssueList) {
        guard let mapping = node.mapping else {
            let name = path.isEmpty ? "the file" : path
            issues.note("\(name): expected keys with values, found \(node.kind)", at: node.mark)
            return nil
        }
        self.issues = issues
        self.path = path
        mark = node.mark
        members = mapping.map { ($0.key.scalar?.string ?? "", $0.key.mark, $0.value) }
        for member in members where !known.contains(member.key) {
            let meant = member.key.nearest(among: known).map { "did you mean '\($0)'?" }
            issues.note(
                "\(name(member.key)): unknown key; \(meant ?? "known are \(known.joined(separator: ", "))")",
                at: member.mark)
        }
    }

    /// A key with its path, for messages.
    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The value of a key; nil where it is absent or null.
    func node(_ key: String) -> Node? {
        guard let value = members.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// Where a key's value is, else where the mapping begins.
    func mark(of key: String) -> Mark? { node(key)?.mark ?? mark }

    func note(_ key: String, _ reason: String) { issues.note("\(name(key)): \(reason)", at: mark(of: key)) }

    /// Notes a required key that is absent.
    /// - Returns: nil if it is.
    func required(_ key: String, _ expected: String) -> Node? {
        guard let node = node(key) else {
            issues.note("\(name(key)): missing; expected \(expected)", at: mark)
            return nil
        }
        return node
    }

    /// The value as text, converted.
    /// - Parameter expected: what it should be, for the message.
    func value<Value>(_ key: String, expected: String, _ convert: (String) -> Value?) -> Value? {
        node(key).flatMap { scalar($0, name(key), expected, convert) }
    }

    func requiredValue<Value>(_ key: String, expected: String, _ convert: (String) -> Value?) -> Value? {
        required(key, expected).flatMap { scalar($0, name(key), expected, convert) }
    }

    func string(_ key: String) -> String? { value(key, expected: "text") { $0.isEmpty ? nil : $0 } }

    func bool(_ key: String) -> Bool? { value(key, expected: "true or false", Bool.init) }

    func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        value(key, expected: "an integer from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func duration(_ key: String) -> Duration? {
        value(key, expected: "a time above 0 and up to 366d, such as 500ms, 2s, 10m, 1h") { Duration(setting: $0) }
    }

    /// One of the names of a closed set.
    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        let names = Choice.allCases.map(\.rawValue)
        return value(key, expected: "one of \(names.joined(separator: ", "))") { Choice(rawValue: $0) }
    }

    func elements<Value>(_ key: String, expected: String, _ convert: (String) -> Value?) -> [Value]? {
        guard let node = node(key) else { return nil }
        guard let sequence = node.sequence else {
            issues.note("\(name(key)): expected a list, found \(node.kind)", at: node.mark)
            return nil
        }
        return sequence.enumerated().compactMap { scalar($1, "\(name(key))[\($0)]", expected, convert) }
    }

    /// A mapping under a key, which may have only those keys.
    func mapping(_ key: String, keys: [String]) -> YAMLMapping? {
        node(key).flatMap { YAMLMapping($0, path: name(key), keys: keys, issues) }
    }

    /// Notes keys that mean nothing beside another.
    func refuse(_ keys: String..., because reason: String) {
        for key in keys where node(key) != nil { note(key, reason) }
    }

    private func scalar<Value>(
        _ node: Node, _ name: String, _ expected: String, _ convert: (String) -> Value?
    ) -> Value? {
        guard let text = node.scalar?.string else {
            issues.note("\(name): expected \(expected), found \(node.kind)", at: node.mark)
            return nil
        }
        guard let value = convert(text) else {
            issues.note("\(name): expected \(expected), found '\(text.prefix(80))'", at: node.mark)
            return nil
        }
        return value
    }
}
