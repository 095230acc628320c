/// The added tokens of a tokenizer and their IDs: that of the vocabulary where it has the token, else a new one behind it.
struct AddedVocabulary: Sendable {
    private(set) var tokens: [Int32: AddedToken] = [:]
    /// Looks for tokens in text as it comes.
    let literal: AddedTokenFinder
    /// Looks for tokens in normalized text.
    let normalized: AddedTokenFinder

    init(_ added: [AddedToken], to vocabulary: Vocabulary, _ normalizer: BertNormalizer) {
        var newIDs: [[UInt8]: Int32] = [:]
        for token in added where !token.content.isEmpty {
            let bytes = Array(token.content.utf8)
            let id = vocabulary.id(token.content) ?? newIDs[bytes] ?? Int32(vocabulary.count + newIDs.count)
            if vocabulary.id(token.content) == nil { newIDs[bytes] = id }
            tokens[id] = token
        }
        let byID = tokens.sorted { $0.key < $1.key }
        literal = AddedTokenFinder(
            byID.filter { !$0.value.isNormalized }.map { ($0.value.content, $0.key, $0.value) })
        normalized = AddedTokenFinder(
            byID.filter(\.value.isNormalized).map { (normalizer.normalize($0.value.content), $0.key, $0.value) })
    }
}
