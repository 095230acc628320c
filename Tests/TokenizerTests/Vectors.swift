import Codecs
import Foundation
import Testing
import Tokenizer

/// The files under `Vectors`, which `tools/make_tokenizer_vectors.py` wrote.
enum Vectors {
    static func bytes(_ file: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil))
        return try [UInt8](Data(contentsOf: folder.appendingPathComponent(file)))
    }

    static func object(_ file: String) throws -> JSON.Object {
        try JSON(parsing: bytes(file), limit: 1 << 24).object()
    }

    /// The model's vocabulary, as it stands in a `tokenizer.json`.
    static let vocabulary = Result<JSON.Object, any Error> {
        let lines = String(decoding: try bytes("vocabulary.txt"), as: UTF8.self).split(separator: "\n")
        return JSON.Object(lines.enumerated().map { (String($0.element), JSON($0.offset)) })
    }

    /// The tokenizers of `texts.json`, by name, with their vocabulary.
    static let tokenizers = Result<[String: WordPieceTokenizer], any Error> {
        let vocabulary = try Self.vocabulary.get()
        var tokenizers: [String: WordPieceTokenizer] = [:]
        for (name, value) in try object("texts.json").object("tokenizers").members {
            var definition = try value.object()
            var model = try definition.object("model")
            model["vocab"] = JSON(vocabulary)
            definition["model"] = JSON(model)
            tokenizers[name] = try WordPieceTokenizer(tokenizerJSON: JSON(definition).encoded())
        }
        return tokenizers
    }

    static func tokenizer(_ name: String) throws -> WordPieceTokenizer { try #require(try tokenizers.get()[name]) }
}

extension JSON.Object {
    func ids(_ key: String) throws -> [Int32] { try ints(key).map { Int32($0) } }

    func rows(_ key: String) throws -> [[Int32]] {
        try array(key).map { row in (row.arrayValue ?? []).compactMap(\.intValue).map { Int32($0) } }
    }
}
