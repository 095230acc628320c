import Codecs
import Testing

@testable import Tokenizer

/// Each character of the planes in use, between two letters.
@Suite("Every character") struct CharacterTests {
    private static let whole = BertNormalizer(
        cleansText: true, separatesIdeographs: true, stripsAccents: true, lowercases: true)
    private static let accented = BertNormalizer(
        cleansText: true, separatesIdeographs: true, stripsAccents: false, lowercases: true)

    @Test("Normalized and encoded as the reference does")
    func blocks() throws {
        let tokenizer = try Vectors.tokenizer("model")
        let vectors = try Vectors.object("characters.json")
        let block = try vectors.int("block")
        for entry in try vectors.array("blocks") {
            let fields = try #require(entry.arrayValue)
            let first = try #require(fields[0].intValue)
            let text = Self.text(first..<first + block)
            let place = "from U+\(String(first, radix: 16)) on"
            #expect(Hash.of(Self.whole.normalize(text).utf8) == fields[1].stringValue, "\(place), normalized")
            #expect(Hash.of(Self.accented.normalize(text).utf8) == fields[2].stringValue, "\(place), in lower case")
            #expect(
                Hash.of(tokenizer.encode(text, maximumLength: .max).ids) == fields[3].stringValue, "\(place), encoded")
        }
    }

    private static func text(_ values: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in values.compactMap({ Unicode.Scalar(UInt32($0)) }) { text += ["a", scalar, "b", " "] }
        return String(text)
    }
}
