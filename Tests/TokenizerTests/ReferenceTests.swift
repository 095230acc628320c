import Codecs
import Testing
import Tokenizer

@Suite("Equal to Hugging Face's tokenizers") struct ReferenceTests {
    @Test("Hard texts, pairs and lengths, by tokenizers of all settings")
    func hardTexts() throws {
        for entry in try Vectors.object("texts.json").objects("cases") {
            let name = try entry.string("tokenizer")
            let text = try entry.string("text")
            // Without a limit the reference does not cut at all.
            let encoding = try Vectors.tokenizer(name).encode(
                text, pair: entry.optionalString("pair"), maximumLength: entry.optionalInt("maximum") ?? .max)
            let ids = try entry.ids("ids")
            #expect(encoding.ids == ids, "\(name): \(text.debugDescription)")
            let typeIDs = entry["type_ids"] == nil ? ids.map { _ in 0 } : try entry.ids("type_ids")
            #expect(encoding.typeIDs == typeIDs, "\(name): \(text.debugDescription)")
        }
    }

    @Test("Long texts: a word of a million letters, a hundred thousand marks on one letter")
    func longTexts() throws {
        let tokenizer = try Vectors.tokenizer("model")
        for entry in try Vectors.object("texts.json").objects("repeated") {
            let unit = try entry.string("unit")
            let encoding = tokenizer.encode(
                String(repeating: unit, count: try entry.int("count")), maximumLength: .max)
            #expect(try encoding.count == entry.int("tokens"), "\(unit)")
            #expect(try Hash.of(encoding.ids) == entry.string("hash"), "\(unit)")
        }
    }

    @Test("Sentences of real documents")
    func sentences() throws {
        let tokenizer = try Vectors.tokenizer("model")
        let sentences = try Vectors.object("sentences.json").objects("sentences")
        #expect(sentences.count >= 200)
        for sentence in sentences {
            let text = try sentence.string("text")
            #expect(try tokenizer.encode(text, maximumLength: .max).ids == sentence.ids("ids"), "\(text)")
        }
    }

    @Test("Batches, filled up on either side")
    func batches() throws {
        for entry in try Vectors.object("texts.json").objects("batches") {
            let tokenizer = try Vectors.tokenizer(entry.string("tokenizer"))
            let batch = tokenizer.batch(try entry.strings("texts").map { tokenizer.encode($0) })
            let rows = try entry.rows("ids")
            #expect(batch.rows == rows.count)
            #expect(batch.length == rows[0].count)
            #expect(batch.ids == rows.flatMap(\.self))
            #expect(try batch.typeIDs == entry.rows("type_ids").flatMap(\.self))
            #expect(try batch.attentionMask == entry.rows("mask").flatMap(\.self))
            #expect(try batch.lengths == entry.rows("mask").map { row in row.count { $0 == 1 } })
        }
    }
}
