public import Fleet

/// A trigger's topic filter, and what its wildcards stand for in a topic that matches.
///
/// The first wildcard is number 1. `+` stands for one level; `#` for the rest, slashes included, which may be empty.
public struct TopicPattern: Sendable, Hashable {
    public let text: String
    /// Of each level from the first: nil for `+`, and nil for a last `#`.
    let literals: [String?]
    /// Levels in front of `#`; nil if there is none.
    let levelsBeforeRest: Int?
    /// Positions of `+`.
    private let singleLevels: [Int]

    /// - Throws: `TransportError` with code `.invalidTopic`: for what MQTT forbids, and for a shared filter, of which each
    ///   dispatcher would see but some of a sensor's readings.
    public init(_ text: String) throws(TransportError) {
        let filter = try TopicFilter(text)
        guard filter.group == nil else {
            let reason = "a window needs all readings of a sensor, so it cannot be shared"
            throw TransportError(.invalidTopic, "topic filter '\(text)': \(reason)")
        }
        self.text = text
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        literals = levels.map { $0 == "+" || $0 == "#" ? nil : String($0) }
        singleLevels = levels.indices.filter { levels[$0] == "+" }
        levelsBeforeRest = levels.last == "#" ? levels.count - 1 : nil
    }

    /// How many wildcards there are.
    public var wildcardCount: Int { singleLevels.count + (levelsBeforeRest == nil ? 0 : 1) }

    /// Whether the wildcard of that number, from 1, may stand for several levels.
    func isRest(_ number: Int) -> Bool { levelsBeforeRest != nil && number == wildcardCount }

    /// What the wildcards stand for, in their order.
    /// - Parameter levels: of a topic that matches.
    func captures(_ levels: [Substring]) -> [Substring] {
        var captures = singleLevels.map { levels[$0] }
        if let levelsBeforeRest {
            let rest = levels.dropFirst(levelsBeforeRest)
            captures.append(rest.count == 1 ? rest[rest.startIndex] : Substring(rest.joined(separator: "/")))
        }
        return captures
    }

    /// The levels of a topic, of which there is at least one, perhaps empty. By bytes: `split` would look for the borders of
    /// characters first, at several times the cost.
    static func levels(of topic: String) -> [Substring] {
        var levels: [Substring] = []
        levels.reserveCapacity(8)
        var start = topic.startIndex
        while let slash = topic.utf8[start...].firstIndex(of: UInt8(ascii: "/")) {
            levels.append(topic[start..<slash])
            start = topic.utf8.index(after: slash)
        }
        levels.append(topic[start...])
        return levels
    }
}
