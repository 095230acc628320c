import Fleet
import Testing

@testable import Triggers

@Suite("Topics") struct TopicTests {
    @Test("Wildcards are captured in their order; # takes the rest, which may be empty")
    func captures() throws {
        func captures(_ filter: String, _ topic: String) throws -> [String] {
            try TopicPattern(filter).captures(TopicPattern.levels(of: topic)).map(String.init)
        }
        #expect(try captures("a/+/b/+", "a/x/b/y") == ["x", "y"])
        #expect(try captures("+/b/#", "a/b/c/d") == ["a", "c/d"])
        #expect(try captures("+/b/#", "a/b") == ["a", ""])
        #expect(try captures("#", "a/b") == ["a/b"])
        #expect(try captures("a", "a") == [])
        #expect(try captures("a/+", "a/") == [""])
    }

    @Test("The index finds what MQTT's rules find, for any filters and topics")
    func indexAgreesWithFilters() throws {
        var generator = SeededGenerator(seed: 7)
        func text(_ words: [String], last: [String]) -> String {
            let count = Int.random(in: 0...3, using: &generator)
            let levels = (0..<count).compactMap { _ in words.randomElement(using: &generator) }
            return (levels + [(words + last).randomElement(using: &generator) ?? "a"]).joined(separator: "/")
        }
        let names = ["a", "b", "", "$c"]
        for _ in 0..<200 {
            let filters = (0..<20).map { _ in text(names + ["+", "+"], last: ["#", "#"]) }.filter { !$0.isEmpty }
            let index = TopicIndex(try filters.map { try TopicPattern($0) })
            for _ in 0..<20 {
                let topic = text(names, last: [])
                guard !topic.isEmpty else { continue }
                let expected = try filters.indices.filter { try TopicFilter(filters[$0]).matches(topic) }
                #expect(index.matches(TopicPattern.levels(of: topic)) == expected, "\(filters) \(topic)")
            }
        }
    }

    @Test(
        "A result topic that may match the trigger's own filter is found",
        arguments: [
            ("s/+/m", "s/{1}/m", true), ("s/+/m", "s/{1}/r", false), ("s/#", "r/{1}", false), ("s/#", "s/{1}", true),
            ("#", "r", true), ("+/m", "{1}/r", false), ("+/m", "{1}/m", true), ("a/+", "x{1}/b", false),
            ("a/+", "a/x{1}", true), ("a/b", "{topic}/r", false), ("a/#", "{topic}/r", true),
            ("a/#", "b/{topic}", false),
            ("+/+", "r/{sensor}", true), ("+/+", "r/x/{sensor}", false), ("a/+/c", "a/{model}/c", true),
        ])
    func loops(filter: String, result: String, mayLoop: Bool) throws {
        #expect(try TopicPattern(filter).mayMatch(try TemplateText(result)) == mayLoop)
    }

    @Test("Names near a known one are found, others are not")
    func nearest() {
        let keys = ["length", "stride", "channels", "maximum_age", "maximum_gap"]
        #expect("lenght".nearest(among: keys) == "length")
        #expect("Stride".nearest(among: keys) == "stride")
        #expect("maximum-age".nearest(among: keys) == "maximum_age")
        #expect("chanels".nearest(among: keys) == "channels")
        #expect("topic".nearest(among: keys) == nil)
        #expect("".nearest(among: keys) == nil)
    }
}
