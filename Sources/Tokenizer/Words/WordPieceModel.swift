/// Cuts a word into tokens of the vocabulary, from the left, the longest first. A word that cannot be cut to its end, or is
/// too long, is one unknown token.
struct WordPieceModel: Sendable {
    private let vocabulary: Vocabulary
    private let unknownID: Int32
    /// In characters (Unicode scalars).
    private let longestWord: Int

    init(_ vocabulary: Vocabulary, unknownID: Int32, longestWord: Int) {
        self.vocabulary = vocabulary
        self.unknownID = unknownID
        self.longestWord = longestWord
    }

    /// Appends the tokens of `word`, a range of valid UTF-8 that is not empty.
    func append(_ word: Range<Int>, of text: [UInt8], to ids: inout [Int32]) {
        guard isShort(word, of: text) else { return ids.append(unknownID) }
        let count = ids.count
        var start = word.lowerBound
        while start < word.upperBound {
            let table = start == word.lowerBound ? vocabulary.beginnings : vocabulary.continuations
            guard let token = table.longestToken(in: text, start..<word.upperBound) else {
                ids.removeSubrange(count...)
                return ids.append(unknownID)
            }
            ids.append(token.id)
            start = token.end
        }
    }

    private func isShort(_ word: Range<Int>, of text: [UInt8]) -> Bool {
        // No character is shorter than a byte.
        if word.count <= longestWord { return true }
        // All bytes but the continuations begin a character.
        return text[word].count { $0 & 0xC0 != 0x80 } <= longestWord
    }
}
