import Fleet
import Yams

/// A file of one or several triggers, in YAML. `docs/triggers.md` has all keys.
public struct TriggerFile: Sendable {
    /// For messages.
    public let name: String
    public let text: String

    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// More is no list of triggers.
    static let maximumBytes = 1 << 20

    /// The triggers of a file: under `triggers`, or the file itself is one.
    /// - Throws: what is wrong with it, with lines and columns.
    public func triggers() throws(TriggerFileError) -> [Trigger] {
        let issues = IssueList(file: name)
        var triggers: [Trigger] = []
        if let root = root(issues) {
            triggers = nodes(root, issues).compactMap { TriggerReader($0.node, path: $0.path, issues)?.trigger() }
        }
        try issues.check()
        return triggers
    }

    /// The triggers of all files together, in which each has a name of its own.
    /// - Throws: what is wrong with any of them.
    public static func triggers(in files: [TriggerFile]) throws(TriggerFileError) -> [Trigger] {
        var issues: [TriggerFileError.Issue] = []
        var triggers: [Trigger] = []
        for file in files {
            do { triggers += try file.triggers() } catch { issues += error.issues }
        }
        var places: [String: Trigger] = [:]
        for trigger in triggers {
            if let earlier = places.updateValue(trigger, forKey: trigger.name.text) {
                issues.append(trigger.issue("name: '\(trigger.name)' is taken by the trigger at \(earlier.place)"))
            }
        }
        guard issues.isEmpty else { throw TriggerFileError(issues: issues) }
        return triggers
    }

    private func root(_ issues: IssueList) -> Node? {
        guard text.utf8.count <= Self.maximumBytes else {
            issues.note("the file is larger than \(Self.maximumBytes) bytes", at: nil)
            return nil
        }
        do {
            guard let root = try Parser(yaml: text, encoding: .utf8).singleRoot(), !root.isNull else {
                issues.note("the file is empty; expected a trigger, or a list of them under 'triggers'", at: nil)
                return nil
            }
            return root
        } catch let error as YamlError {
            issues.note(error)
        } catch {
            issues.note("\(error)", at: nil)
        }
        return nil
    }

    private func nodes(_ root: Node, _ issues: IssueList) -> [(node: Node, path: String)] {
        guard let mapping = root.mapping, mapping.contains(where: { $0.key.scalar?.string == "triggers" }) else {
            return [(root, "")]
        }
        guard let file = YAMLMapping(root, path: "", keys: ["triggers"], issues) else { return [] }
        guard let list = file.required("triggers", "a list of triggers") else { return [] }
        guard let sequence = list.sequence, !sequence.isEmpty else {
            issues.note("triggers: expected a list of triggers, found \(list.kind)", at: list.mark)
            return []
        }
        return sequence.enumerated().map { ($1, "triggers[\($0)]") }
    }
}

extension Trigger {
    fileprivate func issue(_ reason: String) -> TriggerFileError.Issue {
        TriggerFileError.Issue(file: place.file, line: place.line, column: place.column, reason: reason)
    }
}

extension IssueList {
    /// What the parser says of a file that is no YAML.
    fileprivate func note(_ error: YamlError) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            note("not YAML: \(problem)\(context.map { " \($0.text)" } ?? "")", at: mark)
        case .duplicatedKeysInMapping(let keys, let context):
            note("the key \(keys.joined(separator: ", ")) occurs twice", at: context.mark)
        case .reader(let problem, _, _, _): note("not YAML: \(problem)", at: nil)
        default: note("not YAML: \(error)", at: nil)
        }
    }
}
