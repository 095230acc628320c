import Tokenizer

extension FuzzedDecoder {
    /// A `tokenizer.json`. Whatever it says, texts become numbers that it knows.
    static let tokenizerFile = FuzzedDecoder("tokenizer-file", .json, bound: .ofTokenizers) {
        try WordPieceTokenizer(tokenizerJSON: $0)
    } verify: { tokenizer in
        for text in ["", "Unaffable [MASK]\u{301} e\u{301}é\u{0}  今天", "[SEP]##s\u{302E}\u{1D165}"] {
            for pair in [nil, text] {
                let encoding = tokenizer.encode(text, pair: pair, maximumLength: 64)
                try requireEqual(encoding.typeIDs.count, encoding.count, "the number of type IDs")
                try requireEqual(encoding.tokens.count, encoding.count, "the number of tokens")
                try require(
                    encoding.ids.allSatisfy { 0..<tokenizer.idCount ~= Int($0) }, "IDs of '\(text)' are out of range")
            }
        }
    }

    /// Two lines of text. A space between two texts is nothing to their tokens: so where one ends, nothing is carried over
    /// into the next.
    static let tokenizedText = FuzzedDecoder("tokenized-text", .text, bound: .ofTokenizers) { input in
        let parts = input.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts.map { String(decoding: $0, as: UTF8.self) }
        let tokenizer = try tokenizer.get()
        return (
            separate: lines.flatMap { tokenizer.encode($0).ids },
            together: tokenizer.encode(lines.joined(separator: " ")).ids
        )
    } verify: { ids in
        try requireEqual(ids.together, ids.separate, "tokens of two texts")
    }

    private static let tokenizer = Result<WordPieceTokenizer, any Error> {
        let file = #"""
            {"added_tokens": [{"id": 1, "content": "[MASK]", "special": true}],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                            "strip_accents": null, "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "model": {"type": "WordPiece", "max_input_chars_per_word": 20,
                       "vocab": {"[UNK]": 0, "[MASK]": 1, "a": 2, "##a": 3, "b": 4, "##b": 5, "ab": 6, ".": 7, "σ": 8,
                                 "##σ": 9, "今": 10, "ss": 11, "##ba": 12, "[": 13, "]": 14, "i": 15, "##i": 16}}}
            """#
        return try WordPieceTokenizer(tokenizerJSON: Array(file.utf8))
    }
}

extension AllocationBound {
    /// Once in a process the table of what characters decompose into; and a token of six bytes is in four tables.
    fileprivate static let ofTokenizers = AllocationBound(fixed: 16 << 20, perByte: 1024)
}
