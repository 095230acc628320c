import Codecs
import Testing
import Tokenizer

@Suite("Models' folders") struct FolderTests {
    private static let vocabulary = Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nworld\n##s\n".utf8)

    @Test("vocab.txt and tokenizer_config.json give what BertTokenizerFast gives")
    func withoutTokenizerFile() throws {
        for entry in try Vectors.object("folders.json").objects("folders") {
            let name = try entry.string("name")
            var files = ["vocab.txt": try Vectors.bytes("vocabulary.txt")]
            if let configuration = try entry.optionalObject("configuration") {
                files["tokenizer_config.json"] = JSON(configuration).encoded()
            }
            let tokenizer = try withFolder(files) { try WordPieceTokenizer(folder: $0) }
            for text in try entry.objects("texts") {
                #expect(try tokenizer.encode(text.string("text")).ids == text.ids("ids"), "\(name): \(text)")
            }
            let padded = tokenizer.batch(["a", "a b"].map { tokenizer.encode($0) })
            #expect(try padded.ids == entry.rows("padded").flatMap(\.self), "\(name)")
        }
    }

    @Test("tokenizer.json is preferred to vocab.txt, and the length that is named last counts")
    func precedence() throws {
        let json = Array(
            #"""
            {"truncation": {"max_length": 7, "direction": "Right"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
             "model": {"vocab": {"[UNK]": 0, "Hello": 1}}}
            """#.utf8)
        var files = ["vocab.txt": Self.vocabulary, "tokenizer.json": json]
        func load() throws -> WordPieceTokenizer { try withFolder(files) { try WordPieceTokenizer(folder: $0) } }
        #expect(try load().encode("Hello hello").tokens == ["Hello", "[UNK]"])
        #expect(try load().maximumLength == 7)
        files["tokenizer_config.json"] = Array(#"{"model_max_length": 6}"#.utf8)
        #expect(try load().maximumLength == 6)
        files["sentence_bert_config.json"] = Array(#"{"max_seq_length": 5}"#.utf8)
        #expect(try load().maximumLength == 5)
        files["sentence_bert_config.json"] = Array(#"{"max_seq_length": null}"#.utf8)
        #expect(try load().maximumLength == 6)
        files["tokenizer_config.json"] = Array(#"{"model_max_length": 1e30}"#.utf8)
        #expect(try load().maximumLength == .max)
    }

    @Test("Lines may end as on any system, and the last need not")
    func lineEnds() throws {
        let text = String(decoding: Self.vocabulary, as: UTF8.self)
        for variant in [text, text.replacing("\n", with: "\r\n"), String(text.dropLast())] {
            let tokenizer = try withFolder(["vocab.txt": Array(variant.utf8)]) { try WordPieceTokenizer(folder: $0) }
            #expect(tokenizer.encode("Hello worlds").tokens == ["[CLS]", "hello", "world", "##s", "[SEP]"])
            #expect(tokenizer.idCount == 8)
        }
    }

    @Test("Tokens that Swift's strings hold for equal are told apart")
    func canonicallyEquivalentTokens() throws {
        let vocabulary = Self.vocabulary + Array("\u{E9}\ne\u{301}\n".utf8)
        let files = [
            "vocab.txt": vocabulary, "tokenizer_config.json": Array(#"{"strip_accents": false}"#.utf8),
        ]
        let tokenizer = try withFolder(files) { try WordPieceTokenizer(folder: $0) }
        #expect(tokenizer.encode("\u{E9} e\u{301}").ids == [2, 8, 9, 3])
        #expect(Array((tokenizer.token(9) ?? "").utf8) == Array("e\u{301}".utf8))
    }

    @Test("A folder without a vocabulary, or with an unusable one, is refused by name")
    func refusals() throws {
        func refusal(_ files: [String: [UInt8]]) throws -> String {
            try withFolder(files) { folder in
                let error = #expect(throws: TokenizerError.self) { try WordPieceTokenizer(folder: folder) }
                return try #require(error).description.replacing("\(folder)/", with: "").replacing(folder, with: "")
            }
        }
        #expect(try refusal([:]).contains("neither tokenizer.json nor vocab.txt"))
        #expect(try refusal(["vocab.txt": [0x61, 0x0A, 0xFF]]) == "vocab.txt: line 2: not valid UTF-8")
        #expect(
            try refusal(["vocab.txt": Array("a\nb\n".utf8)])
                == "vocab.txt: '[UNK]': the special token is not in the vocabulary")
        #expect(
            try refusal(["vocab.txt": Self.vocabulary, "tokenizer_config.json": Array("{".utf8)])
                == "tokenizer_config.json: malformed JSON at byte 1: the document ends too early")
        #expect(
            try refusal(["vocab.txt": Self.vocabulary, "tokenizer_config.json": Array(#"{"padding_side": "up"}"#.utf8)])
                == "tokenizer_config.json: padding_side: 'up' is neither 'left' nor 'right'")
    }
}
