/// Which filters match a topic: a tree of their levels, walked along the topic's. How many filters there are does not matter;
/// how many match does.
struct TopicIndex: Sendable {
    private struct Node {
        var children: [String: Int] = [:]
        /// The child for `+`.
        var anyChild: Int?
        /// Filters that end here, and those that end here with `#`.
        var ending: [Int] = []
        var endingWithRest: [Int] = []
    }

    private var nodes = [Node()]

    /// - Parameter patterns: known by their positions from then on.
    init(_ patterns: some Sequence<TopicPattern>) {
        for (number, pattern) in patterns.enumerated() { insert(pattern, number) }
    }

    /// The filters that match a topic, in ascending order.
    func matches(_ levels: [Substring]) -> [Int] {
        var found: [Int] = []
        // A topic that begins with $ is the broker's: wildcards in front do not match it (MQTT 5, section 4.7.2).
        collect(levels[...], from: 0, allowsWildcard: levels.first?.first != "$", &found)
        // One filter's levels lead to one node, so none is found twice.
        if found.count > 1 { found.sort() }
        return found
    }

    private mutating func insert(_ pattern: TopicPattern, _ number: Int) {
        var node = 0
        for level in pattern.literals.prefix(pattern.levelsBeforeRest ?? pattern.literals.count) {
            if let next = level.map({ nodes[node].children[$0] }) ?? nodes[node].anyChild {
                node = next
                continue
            }
            nodes.append(Node())
            let next = nodes.count - 1
            if let level { nodes[node].children[level] = next } else { nodes[node].anyChild = next }
            node = next
        }
        if pattern.levelsBeforeRest == nil {
            nodes[node].ending.append(number)
        } else {
            nodes[node].endingWithRest.append(number)
        }
    }

    private func collect(
        _ levels: ArraySlice<Substring>, from node: Int, allowsWildcard: Bool, _ found: inout [Int]
    ) {
        // `a/#` matches `a` as well.
        if allowsWildcard { found += nodes[node].endingWithRest }
        guard let level = levels.first else {
            found += nodes[node].ending
            return
        }
        let rest = levels.dropFirst()
        if !nodes[node].children.isEmpty, let child = nodes[node].children[String(level)] {
            collect(rest, from: child, allowsWildcard: true, &found)
        }
        if allowsWildcard, let child = nodes[node].anyChild { collect(rest, from: child, allowsWildcard: true, &found) }
    }
}
