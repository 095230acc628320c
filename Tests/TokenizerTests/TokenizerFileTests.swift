import Codecs
import Testing
import Tokenizer

@Suite("tokenizer.json") struct TokenizerFileTests {
    /// All that a file can have, with a vocabulary of a few tokens.
    private static let text = #"""
        {"truncation": {"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0},
         "padding": {"strategy": "BatchLongest", "direction": "Left", "pad_id": 0, "pad_type_id": 1, "pad_token": "[PAD]"},
         "added_tokens": [{"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": true,
                           "normalized": false, "special": true}, {"id": 8, "content": "Boiler"}],
         "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                        "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}}},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 10,
                   "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "the": 4, "heat": 5, "##er": 6, "hot": 7}}}
        """#

    private static func refusal(replacing old: String, with new: String) throws -> String {
        try #require(text.contains(old))
        let changed = Array(text.replacing(old, with: new).utf8)
        let error = #expect(throws: TokenizerError.self, "\(new)") { try WordPieceTokenizer(tokenizerJSON: changed) }
        return try #require(error).description
    }

    @Test("Is read with all its parts")
    func reading() throws {
        let tokenizer = try WordPieceTokenizer(tokenizerJSON: Array(Self.text.utf8))
        #expect(tokenizer.maximumLength == 9)
        #expect(tokenizer.idCount == 9)
        let encoding = tokenizer.encode("The HEATER[SEP] hot  boiler, wärmer")
        #expect(encoding.ids == [2, 4, 5, 6, 3, 7, 8, 1, 1])
        #expect(encoding.tokens == ["[CLS]", "the", "heat", "##er", "[SEP]", "hot", "Boiler", "[UNK]", "[UNK]"])
        #expect(encoding.typeIDs == Array(repeating: 0, count: 9))
        #expect(tokenizer.encode("the hot", pair: "heat").typeIDs == [0, 0, 1])
        #expect(tokenizer.encode("the hot heater", maximumLength: 3).tokens == ["[CLS]", "heat", "##er"])
        let batch = tokenizer.batch([tokenizer.encode("hot"), tokenizer.encode("the hot")])
        #expect(batch.ids == [0, 2, 7, 2, 4, 7])
        #expect(batch.typeIDs == [1, 0, 0, 0, 0, 0])
        #expect(tokenizer.token(7) == "hot")
        #expect(tokenizer.token(9) == nil)
        #expect(tokenizer.token(-1) == nil)
    }

    @Test(
        "Is refused where it cannot be used, with the place and the reason",
        arguments: [
            (#""type": "WordPiece""#, #""type": "BPE""#, "model.type: 'BPE' is not supported, only WordPiece"),
            (
                "BertPreTokenizer", "Whitespace",
                "pre_tokenizer.type: 'Whitespace' is not supported, only BertPreTokenizer"
            ),
            ("BertNormalizer", "NFC", "normalizer.type: 'NFC' is not supported, only BertNormalizer"),
            (
                "TemplateProcessing", "X",
                "post_processor.type: 'X' is not supported, only TemplateProcessing and BertProcessing"
            ),
            (#""clean_text": true, "#, "", "normalizer.clean_text: missing"),
            (#""unk_token": "[UNK]""#, #""unk_token": "?""#, "model.unk_token: '?' is not in the vocabulary"),
            (#""hot": 7"#, #""hot": -7"#, "model.vocab.hot: an ID is an integer from 0 to 2147483647"),
            (#""hot": 7"#, #""hot": 2147483648"#, "model.vocab.hot: an ID is an integer from 0 to 2147483647"),
            (#""hot": 7"#, #""hot": "7""#, "model.vocab.hot: an ID is an integer from 0 to 2147483647"),
            (#""max_length": 9"#, #""max_length": -9"#, "truncation.max_length: -9 is negative"),
            (
                #""direction": "Left", "max"#, #""direction": "Up", "max"#,
                "truncation.direction: 'Up' is neither 'Left' nor 'Right'"
            ),
            (
                #""ids": [2]"#, #""ids": [-2]"#,
                "post_processor.special_tokens.[CLS].ids: an ID is an integer from 0 to 2147483647"
            ),
            (#"{"id": "[CLS]", "type_id""#, #"{"id": "?", "type_id""#, "post_processor.special_tokens.?: missing"),
            (#""id": "B""#, #""id": "C""#, "post_processor.pair[1].Sequence.id: there is no text 'C'"),
            (
                #""content": "Boiler""#, #""content": 8"#,
                "added_tokens[1].content: expected a string, found the number 8"
            ),
        ])
    func refusals(old: String, new: String, reason: String) throws {
        #expect(try Self.refusal(replacing: old, with: new) == "tokenizer.json: \(reason)")
    }

    @Test("A second text has no place in the template for one")
    func secondTextAlone() throws {
        let single = #"{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A""#
        #expect(
            try Self.refusal(replacing: single, with: single.replacing(#""A""#, with: #""B""#))
                == "tokenizer.json: post_processor.single[1].Sequence.id: there is no text 'B'")
    }

    @Test("No truncation of it and no changed byte makes it trap")
    func damage() throws {
        let bytes = Array(Self.text.utf8)
        for count in bytes.indices {
            #expect(throws: TokenizerError.self) { try WordPieceTokenizer(tokenizerJSON: Array(bytes[..<count])) }
        }
        var taken = 0
        for index in bytes.indices {
            for change: UInt8 in [0x01, 0x10, 0x80] {
                var changed = bytes
                changed[index] ^= change
                guard let tokenizer = try? WordPieceTokenizer(tokenizerJSON: changed) else { continue }
                _ = tokenizer.encode("the heater[SEP] é 今", pair: "boiler")
                taken += 1
            }
        }
        #expect(taken > 0)
    }
}
