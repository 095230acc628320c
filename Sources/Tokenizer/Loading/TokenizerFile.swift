import Codecs

/// `tokenizer.json`, as the `tokenizers` library writes it.
enum TokenizerFile {
    static let name = "tokenizer.json"

    /// - Parameter file: its path, for errors.
    static func definition(parsing bytes: [UInt8], file: String) throws(TokenizerError) -> TokenizerDefinition {
        let root = try FileSection(parsing: bytes, file: file)
        try root.section("pre_tokenizer").require("type", "BertPreTokenizer")
        let model = try root.section("model")
        let vocabulary = try vocabulary(of: model)
        let unknownToken = try model.optionalString("unk_token") ?? TokenizerDefinition.unknownToken
        guard let unknownID = vocabulary.id(unknownToken) else {
            throw model.invalid("unk_token", "'\(unknownToken)' is not in the vocabulary")
        }
        var definition = TokenizerDefinition(
            vocabulary: vocabulary, unknownID: unknownID, normalizer: try normalizer(of: root),
            addedTokens: try addedTokens(of: root), template: try template(of: root),
            padding: try padding(of: root, vocabulary))
        if let longest = try model.optionalCount("max_input_chars_per_word") { definition.longestWord = longest }
        if let truncation = try root.optionalSection("truncation") {
            definition.maximumLength = try truncation.count("max_length")
            definition.truncatedSide = try side(of: truncation, "direction")
        }
        return definition
    }

    private static func vocabulary(of model: FileSection) throws(TokenizerError) -> Vocabulary {
        try model.require("type", "WordPiece")
        let prefix = try model.optionalString("continuing_subword_prefix") ?? TokenizerDefinition.continuationPrefix
        let members = try model.section("vocab")
        var tokens: [(token: String, id: Int32)] = []
        tokens.reserveCapacity(members.object.count)
        for (token, value) in members.object.members {
            guard let id = FileSection.id(value.intValue) else { throw members.notID(token) }
            tokens.append((token, id))
        }
        return Vocabulary(tokens, continuationPrefix: prefix)
    }

    private static func normalizer(of root: FileSection) throws(TokenizerError) -> BertNormalizer {
        guard let section = try root.optionalSection("normalizer") else { return .none }
        try section.require("type", "BertNormalizer")
        let lowercases = try section.bool("lowercase")
        return BertNormalizer(
            cleansText: try section.bool("clean_text"),
            separatesIdeographs: try section.bool("handle_chinese_chars"),
            stripsAccents: try section.optionalBool("strip_accents") ?? lowercases, lowercases: lowercases)
    }

    private static func addedTokens(of root: FileSection) throws(TokenizerError) -> [AddedToken] {
        guard root.object["added_tokens"] != nil else { return [] }
        var tokens: [AddedToken] = []
        for section in try root.sections("added_tokens") { tokens.append(try AddedToken(section)) }
        return tokens
    }

    private static func padding(of root: FileSection, _ vocabulary: Vocabulary) throws(TokenizerError) -> Padding {
        guard let section = try root.optionalSection("padding") else {
            return Padding(id: vocabulary.id(TokenizerDefinition.paddingToken) ?? 0)
        }
        return Padding(
            id: try section.id("pad_id"), typeID: try section.id("pad_type_id"),
            side: try side(of: section, "direction"))
    }

    /// Sides are written `Left` and `Right` here, and right is what is meant without.
    private static func side(of section: FileSection, _ key: String) throws(TokenizerError) -> SequenceSide {
        let text = try section.optionalString(key) ?? "Right"
        switch text {
        case "Left": return .left
        case "Right": return .right
        default: throw section.invalid(key, "'\(text)' is neither 'Left' nor 'Right'")
        }
    }
}

extension AddedToken {
    /// An element of `added_tokens`, or a token of `tokenizer_config.json` that is an object.
    init(_ section: FileSection) throws(TokenizerError) {
        let isSpecial = try section.optionalBool("special") ?? false
        self.init(
            content: try section.string("content"), isSingleWord: try section.optionalBool("single_word") ?? false,
            stripsLeft: try section.optionalBool("lstrip") ?? false,
            stripsRight: try section.optionalBool("rstrip") ?? false,
            isNormalized: try section.optionalBool("normalized") ?? !isSpecial)
    }
}
