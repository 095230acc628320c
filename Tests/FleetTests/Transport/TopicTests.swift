import Fleet
import Testing

/// Topic names and filters, by MQTT 5, section 4.7.
@Suite struct TopicTests {
    @Test(arguments: [
        // The examples of the standard.
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
        ("sport/#", "sport", true), ("#", "sport", true), ("#", "/", true),
        ("sport/tennis/+", "sport/tennis/player1", true), ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false), ("sport/+", "sport/", true), ("+", "sport", true),
        ("+/+", "/finance", true), ("/+", "/finance", true), ("+", "/finance", false),
        ("+/tennis/#", "sport/tennis", true), ("sport/+/player1", "sport/tennis/player1", true),
        // Topics of the broker's own.
        ("#", "$SYS/uptime", false), ("+/uptime", "$SYS/uptime", false), ("$SYS/#", "$SYS/uptime", true),
        ("$share/g/#", "$SYS/uptime", false), ("$share/g/a/+", "a/b", true), ("$share/g//a", "/a", true),
        // Edges.
        ("a", "a/", false), ("a/", "a", false), ("a//b", "a//b", true), ("a/+/b", "a//b", true), ("a", "A", false),
        ("ä/+", "ä/ö", true), ("a/b", "a", false), ("a", "a/b", false), ("a/#", "ab", false),
    ])
    func filtersMatch(_ filter: String, _ topic: String, _ matches: Bool) throws {
        #expect(try TopicFilter(filter).matches(topic) == matches)
    }

    /// Against an independent definition, on every filter and topic of up to four of these characters.
    @Test func matchingAgreesWithItsDefinitionOnEverySmallCase() throws {
        let texts = allTexts(of: ["a", "/", "+", "#"], upTo: 4)
        let filters = texts.filter { (try? TopicFilter($0)) != nil }
        let topics = texts.filter { (try? TopicName.validate($0)) != nil }
        #expect(filters.count > topics.count)
        for filter in filters {
            let parsed = try TopicFilter(filter)
            let pattern = filter.split(separator: "/", omittingEmptySubsequences: false)[...]
            for topic in topics {
                let expected = matches(pattern, topic.split(separator: "/", omittingEmptySubsequences: false)[...])
                if parsed.matches(topic) != expected { Issue.record("\(filter) and \(topic): should be \(expected)") }
            }
        }
    }

    @Test(arguments: ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+", "a\u{0}", "a\u{7f}"])
    func malformedFiltersAreRefused(_ filter: String) {
        let error = #expect(throws: TransportError.self) { try TopicFilter(filter) }
        #expect(error?.code == .invalidTopic)
    }

    @Test(arguments: [0xfdd0, 0xfdef, 0xfffe, 0x1ffff] as [UInt32])
    func nonCharactersAreRefused(_ value: UInt32) throws {
        let topic = String(Character(try #require(Unicode.Scalar(value))))
        #expect(throws: TransportError.self) { try TopicName.validate(topic) }
    }

    @Test func lengthIsBoundedInBytes() throws {
        let longest = String(repeating: "ä", count: 32_767)
        _ = try TopicFilter(longest)
        try TopicName.validate(longest)
        #expect(throws: TransportError.self) { try TopicFilter(longest + "ä") }
        #expect(throws: TransportError.self) { try TopicName.validate(longest + "ä") }
    }

    @Test func aSharedFilterHasItsGroup() throws {
        let filter = try TopicFilter("$share/dispatch/attn/v1/+/job")
        #expect(filter.group == "dispatch" && filter.pattern == "attn/v1/+/job")
        #expect(filter.description == "$share/dispatch/attn/v1/+/job")
        #expect(try TopicFilter("a/b").group == nil)
    }

    private func matches(_ pattern: ArraySlice<Substring>, _ levels: ArraySlice<Substring>) -> Bool {
        guard let first = pattern.first else { return levels.isEmpty }
        if first == "#" { return true }
        guard let level = levels.first, first == "+" || first == level else { return false }
        return matches(pattern.dropFirst(), levels.dropFirst())
    }

    private func allTexts(of characters: [String], upTo length: Int) -> [String] {
        var all: [String] = []
        var ofLength = [""]
        for _ in 0..<length {
            ofLength = ofLength.flatMap { text in characters.map { text + $0 } }
            all += ofLength
        }
        return all
    }
}
