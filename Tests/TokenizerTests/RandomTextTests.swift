import Codecs
import Testing

@testable import Tokenizer

@Suite("Random texts") struct RandomTextTests {
    private static let normalizers = [
        "model": BertNormalizer(
            cleansText: true, separatesIdeographs: true, stripsAccents: true, lowercases: true),
        "cased": BertNormalizer(
            cleansText: true, separatesIdeographs: true, stripsAccents: false, lowercases: false),
        "accented": BertNormalizer(
            cleansText: true, separatesIdeographs: true, stripsAccents: false, lowercases: true),
        "cased-unaccented": BertNormalizer(
            cleansText: true, separatesIdeographs: true, stripsAccents: true, lowercases: false),
        "uncleaned": BertNormalizer(
            cleansText: false, separatesIdeographs: true, stripsAccents: true, lowercases: true),
        "ideographs-together": BertNormalizer(
            cleansText: true, separatesIdeographs: false, stripsAccents: true, lowercases: true),
    ]

    @Test("Three thousand of all scripts, normalized and encoded as the reference does")
    func blocks() throws {
        let vectors = try Vectors.object("random.json")
        var generator = try RandomText(vectors)
        for (number, block) in try vectors.objects("blocks").enumerated() {
            let texts = (0..<(try vectors.int("texts_in_block"))).map { _ in generator.next() }
            for (name, normalizer) in Self.normalizers {
                let expected = try block.strings(name)
                let normalized = texts.map(normalizer.normalize).joined(separator: "\n")
                #expect(Hash.of(normalized.utf8) == expected[0], "\(name), block \(number), normalized")
                let tokenizer = try Vectors.tokenizer(name)
                let ids = texts.flatMap { tokenizer.encode($0, maximumLength: .max).ids }
                #expect(Hash.of(ids) == expected[1], "\(name), block \(number), encoded")
            }
        }
    }
}

/// Draws the texts that the script drew.
private struct RandomText {
    private var state: UInt64
    private let pools: [ClosedRange<UInt32>]
    private let fragments: [String]

    init(_ vectors: JSON.Object) throws {
        state = try vectors.uint64("seed")
        pools = try vectors.rows("pools").map { UInt32($0[0])...UInt32($0[1]) }
        fragments = try vectors.strings("fragments")
    }

    mutating func next() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<below(40) {
            if below(8) == 0 {
                text += fragments[below(fragments.count)].unicodeScalars
            } else {
                let pool = pools[below(pools.count)]
                let value = pool.lowerBound + UInt32(below(pool.count))
                text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
            }
        }
        return String(text)
    }

    private mutating func below(_ count: Int) -> Int { Int(random() % UInt64(count)) }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func random() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
