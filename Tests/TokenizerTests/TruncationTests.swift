import Testing

@testable import Tokenizer

@Suite("Texts that are too long") struct TruncationTests {
    @Test("All short lengths: as much as there is room for, from the longer text first")
    func lengths() {
        for first in 0...12 {
            for second in 0...12 {
                for room in 0...26 {
                    let kept = Truncation.lengths(first, second, room: room)
                    let place = "\(first) and \(second) in \(room)"
                    #expect(kept.first + kept.second == min(first + second, room), "\(place)")
                    #expect(kept.first <= first && kept.second <= second, "\(place)")
                    // What was cut is not left shorter than the other by more than one.
                    if kept.first < first { #expect(kept.first >= kept.second - 1, "\(place)") }
                    if kept.second < second { #expect(kept.second >= kept.first - 1, "\(place)") }
                }
            }
        }
    }

    @Test("A length is never exceeded but by the special tokens, nor trapped by")
    func limits() throws {
        let tokenizer = try Vectors.tokenizer("model")
        let text = "the quick brown fox [MASK] jumps"
        for limit in [Int.min, -1, 0, 1, 2, 3, 4, 7, 8, 9, 512, .max] {
            #expect(tokenizer.encode(text, maximumLength: limit).count == min(max(limit, 2), 8))
            #expect(tokenizer.encode(text, pair: text, maximumLength: limit).count == min(max(limit, 3), 15))
        }
    }

    @Test("The tokenizer's own length counts unless another is given")
    func ownLength() throws {
        var tokenizer = try Vectors.tokenizer("model")
        #expect(tokenizer.maximumLength == 128)
        tokenizer.maximumLength = 4
        #expect(tokenizer.encode("a b c d").ids == tokenizer.encode("a b").ids)
        #expect(tokenizer.encode("a b c d", maximumLength: 5).count == 5)
    }
}
