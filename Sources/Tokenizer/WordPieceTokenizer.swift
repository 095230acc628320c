/// BERT's tokenizer: text to the numbers that a model reads, the same as Hugging Face's `BertTokenizerFast` gives.
///
/// Added tokens such as `[MASK]` are taken out of the text; what is between them is normalized, cut into words at white
/// space and punctuation, and each word into the longest tokens that the vocabulary has. The time is linear in the
/// length of the text. No text is refused.
public struct WordPieceTokenizer: Sendable {
    /// The most tokens of an encoding, special tokens included, unless a call says otherwise: in a model's folder
    /// `max_seq_length` of `sentence_bert_config.json`, else `model_max_length` of `tokenizer_config.json`, else
    /// `truncation.max_length` of `tokenizer.json`, else without limit.
    public var maximumLength: Int

    private let addedVocabulary: AddedVocabulary
    private let normalizer: BertNormalizer
    private let model: WordPieceModel
    private let template: Template
    private let truncatedSide: SequenceSide
    private let padding: Padding
    private let vocabulary: Vocabulary

    /// The tokenizer of a model's folder: `tokenizer.json` if it is there, else `vocab.txt` with
    /// `tokenizer_config.json`.
    /// - Throws: `TokenizerError`, naming the file and the place, for a file that cannot be read or is not BERT's.
    public init(folder: String) throws(TokenizerError) {
        self.init(try ModelFolder(path: folder).tokenizer())
    }

    /// The tokenizer that the bytes of a `tokenizer.json` describe.
    /// - Throws: `TokenizerError`, naming the place, if they are not JSON or not of a BERT tokenizer.
    public init(tokenizerJSON: [UInt8]) throws(TokenizerError) {
        self.init(try TokenizerFile.definition(parsing: tokenizerJSON, file: TokenizerFile.name))
    }

    init(_ definition: TokenizerDefinition) {
        maximumLength = definition.maximumLength
        addedVocabulary = AddedVocabulary(
            definition.addedTokens, to: definition.vocabulary, definition.normalizer)
        normalizer = definition.normalizer
        model = WordPieceModel(
            definition.vocabulary, unknownID: definition.unknownID, longestWord: definition.longestWord)
        template = definition.template
        truncatedSide = definition.truncatedSide
        padding = definition.padding
        var vocabulary = definition.vocabulary
        for (id, token) in addedVocabulary.tokens { vocabulary.name(id, token.content) }
        self.vocabulary = vocabulary
    }

    /// One more than the largest ID that an encoding can have: a model's embeddings need as many rows.
    public var idCount: Int {
        let special = Template.specialIDs(template.single) + Template.specialIDs(template.pair) + [padding.id]
        return Int(max(vocabulary.largestID, special.max() ?? 0)) + 1
    }

    /// The token of an ID; nil if there is none.
    public func token(_ id: Int32) -> String? { vocabulary.token(id) }

    /// The numbers of a text, or of two that a model is to compare.
    ///
    /// - Parameter maximumLength: the most tokens, special tokens included; nil for the tokenizer's own. Of two texts the
    ///   longer is cut first. The special tokens are never cut, however small the number.
    public func encode(_ text: String, pair: String? = nil, maximumLength: Int? = nil) -> Encoding {
        let pieces = pair == nil ? template.single : template.pair
        let room = max(max(maximumLength ?? self.maximumLength, 0) - Template.specialIDs(pieces).count, 0)
        // Of one text no more is needed than will stay; of two, how long they are says how much of each stays.
        let isBounded = pair == nil && truncatedSide == .right
        let first = tokenIDs(of: text, atMost: isBounded ? room : .max)
        let second = pair.map { tokenIDs(of: $0, atMost: .max) } ?? []
        let lengths = Truncation.lengths(first.count, second.count, room: room)
        let (ids, typeIDs) = Template.fill(
            pieces, Truncation.cut(first, to: lengths.first, from: truncatedSide),
            Truncation.cut(second, to: lengths.second, from: truncatedSide))
        return Encoding(ids: ids, typeIDs: typeIDs, vocabulary: vocabulary)
    }

    /// Encodings as one rectangle, the shorter ones filled up with the padding token.
    public func batch(_ encodings: [Encoding]) -> EncodingBatch {
        EncodingBatch(encodings, padding)
    }

    /// The first tokens of a text, without special tokens around it.
    private func tokenIDs(of text: String, atMost limit: Int) -> [Int32] {
        let bytes = Array(text.utf8)
        var ids: [Int32] = []
        for part in addedVocabulary.literal.parts(of: bytes, bytes.indices) where ids.count < limit {
            switch part {
            case .token(let id): ids.append(id)
            case .text(let range): appendTokens(of: normalizer.normalize(bytes, range), atMost: limit, to: &ids)
            }
        }
        return ids
    }

    private func appendTokens(of normalized: [UInt8], atMost limit: Int, to ids: inout [Int32]) {
        for part in addedVocabulary.normalized.parts(of: normalized, normalized.indices) {
            switch part {
            case .token(let id): ids.append(id)
            case .text(let range):
                BertPreTokenizer.forEachWord(in: normalized, range) { word in
                    model.append(word, of: normalized, to: &ids)
                    return ids.count < limit
                }
            }
        }
    }
}
