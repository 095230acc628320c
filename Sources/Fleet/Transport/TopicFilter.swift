/// What a client subscribes to: a topic with wildcards, perhaps shared with others (MQTT 5, sections 4.7 and 4.8).
///
/// `+` stands for one level and `#`, at the end, for any number including none. Of the members of
/// `$share/{group}/{pattern}`, one receives each message. A wildcard at the start does not match topics that begin
/// with `$`, which belong to the broker.
public struct TopicFilter: Sendable, Hashable, CustomStringConvertible {
    /// The name of the sharing group; nil if not shared.
    public let group: String?
    /// The filter without its sharing prefix.
    public let pattern: String

    /// - Throws: `TransportError` with code `.invalidTopic`, which says what is wrong.
    public init(_ text: String) throws(TransportError) {
        try TopicName.validateText(text, as: "topic filter")
        if text == "$share" || text.hasPrefix("$share/") {
            let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty else {
                throw TransportError(
                    .invalidTopic, "topic filter '\(text)': a shared one is written $share/{group}/{filter}")
            }
            guard !parts[1].utf8.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }) else {
                throw TransportError(.invalidTopic, "topic filter '\(text)': the group's name cannot have a wildcard")
            }
            group = String(parts[1])
            pattern = String(parts[2])
        } else {
            group = nil
            pattern = text
        }
        let levels = pattern.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, level) in levels.enumerated() where level.count > 1 || index + 1 < levels.count {
            if level.contains(UInt8(ascii: "#")) {
                throw TransportError(.invalidTopic, "topic filter '\(text)': # must be the whole last level")
            }
            if level.count > 1, level.contains(UInt8(ascii: "+")) {
                throw TransportError(.invalidTopic, "topic filter '\(text)': + must be a whole level")
            }
        }
    }

    public var description: String { group.map { "$share/\($0)/\(pattern)" } ?? pattern }

    /// Whether a message published to `topic` matches. `topic` must be a valid topic name.
    public func matches(_ topic: String) -> Bool {
        var filter = pattern.utf8[...]
        var name = topic.utf8[...]
        if name.first == UInt8(ascii: "$"), filter.first == UInt8(ascii: "+") || filter.first == UInt8(ascii: "#") {
            return false
        }
        while true {
            let wanted = Self.popLevel(&filter)
            if wanted.elementsEqual("#".utf8) { return true }
            let level = Self.popLevel(&name)
            guard wanted.elementsEqual("+".utf8) || wanted.elementsEqual(level) else { return false }
            switch (filter.isEmpty, name.isEmpty) {
            case (true, true): return true
            case (true, false): return false
            // `a/#` matches `a` as well: the parent level is part of it.
            case (false, true): return filter.elementsEqual("/#".utf8)
            case (false, false):
                filter.removeFirst()
                name.removeFirst()
            }
        }
    }

    /// Takes the bytes before the next `/`, which stays.
    private static func popLevel(_ rest: inout Substring.UTF8View) -> Substring.UTF8View {
        let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        defer { rest = rest[end...] }
        return rest[..<end]
    }
}
