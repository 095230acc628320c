import Codecs

/// What of `tokenizer_config.json` makes a difference. A folder without one has the defaults, which are BERT's.
struct TokenizerConfiguration {
    static let name = "tokenizer_config.json"

    var lowercases = true
    var separatesIdeographs = true
    /// Nil for as lowercase.
    var stripsAccents: Bool?
    var maximumLength: Int?
    var truncatedSide: SequenceSide?
    var paddedSide: SequenceSide?

    var unknownToken = AddedToken(content: TokenizerDefinition.unknownToken)
    var paddingToken = AddedToken(content: TokenizerDefinition.paddingToken)
    var startToken = AddedToken(content: "[CLS]")
    var separatorToken = AddedToken(content: "[SEP]")
    var maskToken = AddedToken(content: "[MASK]")
    /// In the order of their IDs.
    var addedTokens: [AddedToken] = []

    init() {}

    /// - Parameter file: its path, for errors.
    init(parsing bytes: [UInt8], file: String) throws(TokenizerError) {
        let root = try FileSection(parsing: bytes, file: file)
        lowercases = try root.optionalBool("do_lower_case") ?? true
        separatesIdeographs = try root.optionalBool("tokenize_chinese_chars") ?? true
        stripsAccents = try root.optionalBool("strip_accents")
        maximumLength = try root.optionalCount("model_max_length")
        truncatedSide = try Self.side(of: root, "truncation_side")
        paddedSide = try Self.side(of: root, "padding_side")
        unknownToken = try Self.token(of: root, "unk_token") ?? unknownToken
        paddingToken = try Self.token(of: root, "pad_token") ?? paddingToken
        startToken = try Self.token(of: root, "cls_token") ?? startToken
        separatorToken = try Self.token(of: root, "sep_token") ?? separatorToken
        maskToken = try Self.token(of: root, "mask_token") ?? maskToken
        addedTokens = try Self.addedTokens(of: root)
    }

    /// Written as a text, or as an object that says how to look for it.
    private static func token(of root: FileSection, _ key: String) throws(TokenizerError) -> AddedToken? {
        guard let value = root.object[key], !value.isNull else { return nil }
        if let content = value.stringValue { return AddedToken(content: content) }
        return try AddedToken(try root.section(key))
    }

    private static func addedTokens(of root: FileSection) throws(TokenizerError) -> [AddedToken] {
        guard let section = try root.optionalSection("added_tokens_decoder") else { return [] }
        var tokens: [Int32: AddedToken] = [:]
        for key in section.object.keys {
            guard let id = FileSection.id(Int(key)) else { throw section.notID(key) }
            tokens[id] = try AddedToken(try section.section(key))
        }
        return tokens.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func side(of root: FileSection, _ key: String) throws(TokenizerError) -> SequenceSide? {
        guard let text = try root.optionalString(key) else { return nil }
        guard let side = SequenceSide(rawValue: text) else {
            throw root.invalid(key, "'\(text)' is neither 'left' nor 'right'")
        }
        return side
    }
}

extension TokenizerConfiguration {
    /// The tokenizer of these settings and a vocabulary.
    /// - Parameter file: the vocabulary's path, for errors.
    func definition(
        _ members: [(token: String, id: Int32)], file: String
    ) throws(TokenizerError) -> TokenizerDefinition {
        let vocabulary = Vocabulary(members, continuationPrefix: TokenizerDefinition.continuationPrefix)
        func id(_ token: AddedToken) throws(TokenizerError) -> Int32 {
            if let id = vocabulary.id(token.content) { return id }
            throw .invalid(file: file, at: "'\(token.content)'", reason: "the special token is not in the vocabulary")
        }
        let named = [unknownToken, separatorToken, paddingToken, startToken, maskToken]
        let known = Set(addedTokens.map { Array($0.content.utf8) })
        let special = named.filter {
            vocabulary.id($0.content) != nil && !known.contains(Array($0.content.utf8))
        }
        return TokenizerDefinition(
            vocabulary: vocabulary, unknownID: try id(unknownToken),
            normalizer: BertNormalizer(
                cleansText: true, separatesIdeographs: separatesIdeographs,
                stripsAccents: stripsAccents ?? lowercases, lowercases: lowercases),
            addedTokens: addedTokens + special,
            template: .bert(start: try id(startToken), separator: try id(separatorToken)),
            padding: Padding(id: vocabulary.id(paddingToken.content) ?? 0))
    }
}
