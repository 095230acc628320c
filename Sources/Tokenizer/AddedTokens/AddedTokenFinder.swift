/// Finds added tokens in text: leftmost first, of those at one place the longest.
struct AddedTokenFinder: Sendable {
    /// A part of a text.
    enum Part: Equatable {
        case text(Range<Int>)
        case token(Int32)
    }

    private let tokens: [(id: Int32, token: AddedToken)]
    /// Instead of IDs, indices of `tokens`.
    private let table: TokenTable
    /// By byte, whether a token begins with it.
    private let isFirst: [Bool]

    /// - Parameter tokens: each with the text to look for; one with an empty text is never found.
    init(_ tokens: [(pattern: String, id: Int32, token: AddedToken)]) {
        self.tokens = tokens.map { ($0.id, $0.token) }
        table = TokenTable(tokens.indices.map { (tokens[$0].pattern.utf8[...], Int32($0)) })
        let firstBytes = Set(tokens.compactMap(\.pattern.utf8.first))
        isFirst = (UInt8.min...UInt8.max).map(firstBytes.contains)
    }

    /// Cuts valid UTF-8 at the added tokens in it.
    func parts(of text: [UInt8], _ range: Range<Int>) -> [Part] {
        guard !tokens.isEmpty else { return [.text(range)] }
        var parts: [Part] = []
        // Where what has not been given yet begins.
        var start = range.lowerBound
        var index = start
        while let match = nextMatch(in: text, index..<range.upperBound) {
            index = match.range.upperBound
            if match.token.isSingleWord, touchesWord(match.range, in: text, range) { continue }
            var taken = match.range
            if match.token.stripsLeft { taken = leftStripped(taken, in: text, from: start) }
            if match.token.stripsRight { taken = rightStripped(taken, in: text, to: range.upperBound) }
            if start < taken.lowerBound { parts.append(.text(start..<taken.lowerBound)) }
            parts.append(.token(match.id))
            start = taken.upperBound
        }
        if start < range.upperBound { parts.append(.text(start..<range.upperBound)) }
        return parts
    }

    private func nextMatch(in text: [UInt8], _ range: Range<Int>) -> (id: Int32, token: AddedToken, range: Range<Int>)?
    {
        for index in range where isFirst[Int(text[index])] {
            guard let match = table.longestToken(in: text, index..<range.upperBound) else { continue }
            let (id, token) = tokens[Int(match.id)]
            return (id, token, index..<match.end)
        }
        return nil
    }

    private func touchesWord(_ match: Range<Int>, in text: [UInt8], _ range: Range<Int>) -> Bool {
        if match.lowerBound > range.lowerBound, text.scalar(before: match.lowerBound).scalar.isWordCharacter {
            return true
        }
        return match.upperBound < range.upperBound && text.scalar(at: match.upperBound).scalar.isWordCharacter
    }

    private func leftStripped(_ match: Range<Int>, in text: [UInt8], from start: Int) -> Range<Int> {
        var lower = match.lowerBound
        while lower > start {
            let (scalar, before) = text.scalar(before: lower)
            guard scalar.properties.isWhitespace else { break }
            lower = before
        }
        return lower..<match.upperBound
    }

    private func rightStripped(_ match: Range<Int>, in text: [UInt8], to end: Int) -> Range<Int> {
        var upper = match.upperBound
        while upper < end {
            let (scalar, next) = text.scalar(at: upper)
            guard scalar.properties.isWhitespace else { break }
            upper = next
        }
        return match.lowerBound..<upper
    }
}
