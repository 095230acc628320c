import Codecs
import Testing

@testable import Tokenizer

@Suite("Looking tokens up") struct VocabularyTests {
    /// All texts of at most `length` letters.
    private static func texts(_ letters: [Character], _ length: Int) -> [String] {
        (0..<length).reduce(into: [[""]]) { texts, _ in
            texts.append(texts[texts.count - 1].flatMap { text in letters.map { "\(text)\($0)" } })
        }.flatMap(\.self)
    }

    @Test("The longest token is found at each place of each short text, whatever tokens there are")
    func longestToken() {
        let texts = Self.texts(["a", "b", "é"], 4)
        // Each choice of these tokens.
        let tokens = ["a", "b", "é", "ab", "ba", "aab", "éb", "abab"]
        for choice in 0..<1 << tokens.count {
            let chosen = tokens.indices.filter { choice >> $0 & 1 == 1 }
            let table = TokenTable(chosen.map { (tokens[$0].utf8[...], Int32($0)) })
            for text in texts {
                let bytes = Array(text.utf8)
                for start in bytes.indices {
                    let expected = chosen.filter { bytes[start...].starts(with: tokens[$0].utf8) }
                        .max { tokens[$0].utf8.count < tokens[$1].utf8.count }
                    let found = table.longestToken(in: bytes, start..<bytes.count)
                    #expect(found?.id == expected.map { Int32($0) }, "\(text) from \(start)")
                    #expect(found?.end == expected.map { start + tokens[$0].utf8.count })
                }
            }
        }
    }

    @Test("No more of the text is looked at than is asked for")
    func range() {
        let table = TokenTable([("ab"[...].utf8, 0), ("abc"[...].utf8, 1)])
        let text = Array("xabcd".utf8)
        #expect(table.longestToken(in: text, 1..<5)?.end == 4)
        #expect(table.longestToken(in: text, 1..<3)?.end == 3)
        #expect(table.longestToken(in: text, 1..<2) == nil)
        #expect(table.longestToken(in: text, 1..<1) == nil)
    }

    @Test("Of a token that is there twice the last ID counts; an empty one is never found")
    func repetition() {
        let table = TokenTable([("a"[...].utf8, 0), ("b"[...].utf8, 1), (""[...].utf8, 2), ("a"[...].utf8, 3)])
        #expect(table.count == 2)
        #expect(table.id(of: "a") == 3)
        #expect(table.id(of: "") == nil)
        #expect(table.id(of: "ab") == nil)
    }

    @Test("Every token of a large vocabulary is found, and nothing beside")
    func largeVocabulary() throws {
        let tokens = try Vectors.vocabulary.get().keys
        let table = TokenTable(tokens.enumerated().map { ($0.element.utf8[...], Int32($0.offset)) })
        for (id, token) in tokens.enumerated() {
            #expect(table.id(of: token) == Int32(id))
            #expect(table.id(of: "\(token)\u{1}") == nil)
        }
    }
}
