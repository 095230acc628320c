import Codecs
import Glibc

/// A folder of a model in Hugging Face's layout.
struct ModelFolder {
    let path: String

    /// What its tokenizer is made of: `tokenizer.json`, or else `vocab.txt`; and the lengths and sides that
    /// `tokenizer_config.json` and `sentence_bert_config.json` name, if they are there.
    func tokenizer() throws(TokenizerError) -> TokenizerDefinition {
        let configuration = try configuration()
        var definition = try vocabularyAndRules(configuration)
        if let length = configuration.maximumLength { definition.maximumLength = length }
        if let length = try sentenceLength() { definition.maximumLength = length }
        if let side = configuration.truncatedSide { definition.truncatedSide = side }
        if let side = configuration.paddedSide { definition.padding.side = side }
        return definition
    }

    private func vocabularyAndRules(
        _ configuration: TokenizerConfiguration
    ) throws(TokenizerError) -> TokenizerDefinition {
        if let bytes = try bytes(of: TokenizerFile.name) {
            return try TokenizerFile.definition(parsing: bytes, file: file(TokenizerFile.name))
        }
        guard let bytes = try bytes(of: VocabularyFile.name) else {
            throw .unreadable(
                file: path, reason: "there is neither \(TokenizerFile.name) nor \(VocabularyFile.name) in the folder")
        }
        let file = file(VocabularyFile.name)
        return try configuration.definition(VocabularyFile.members(parsing: bytes, file: file), file: file)
    }

    private func configuration() throws(TokenizerError) -> TokenizerConfiguration {
        guard let bytes = try bytes(of: TokenizerConfiguration.name) else { return TokenizerConfiguration() }
        return try TokenizerConfiguration(parsing: bytes, file: file(TokenizerConfiguration.name))
    }

    /// The length that a model for sentences was trained for, often less than it has positions.
    private func sentenceLength() throws(TokenizerError) -> Int? {
        let name = "sentence_bert_config.json"
        guard let bytes = try bytes(of: name) else { return nil }
        return try FileSection(parsing: bytes, file: file(name)).optionalCount("max_seq_length")
    }

    private func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Nil if there is no such file.
    private func bytes(of name: String) throws(TokenizerError) -> [UInt8]? {
        guard let stream = fopen(file(name), "rb") else {
            if errno == ENOENT { return nil }
            throw .unreadable(file: file(name), reason: String(cString: strerror(errno)))
        }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = fread(&part, 1, part.count, stream), count > 0 {
            bytes += part[..<count]
            guard bytes.count <= FileSection.sizeLimit else {
                throw .unreadable(file: file(name), reason: "larger than \(FileSection.sizeLimit) bytes")
            }
        }
        guard ferror(stream) == 0 else { throw .unreadable(file: file(name), reason: "cannot be read: is it a file?") }
        return bytes
    }
}
