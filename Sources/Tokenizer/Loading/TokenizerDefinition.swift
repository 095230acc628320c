/// All that makes a tokenizer, from whichever files.
struct TokenizerDefinition: Sendable {
    var vocabulary: Vocabulary
    var unknownID: Int32
    /// In characters; longer words are unknown.
    var longestWord: Int = 100
    var normalizer: BertNormalizer
    var addedTokens: [AddedToken]
    var template: Template
    /// The most tokens of an encoding, special tokens included.
    var maximumLength: Int = .max
    var truncatedSide: SequenceSide = .right
    var padding: Padding

    /// What goes on with a word, unless the file says otherwise.
    static let continuationPrefix = "##"
    static let unknownToken = "[UNK]"
    static let paddingToken = "[PAD]"
}
