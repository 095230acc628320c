import FuzzedDecoders
import Testing

/// What the fuzzer found worth keeping, once each: `make fuzz` looks for more.
@Suite("Fuzzed inputs") struct CorpusTests {
    @Test("Every input of the corpus, and every one that crashed once", arguments: FuzzedDecoder.all)
    func replay(decoder: FuzzedDecoder) throws {
        for (name, input) in try Corpus.inputs(of: decoder.name) {
            #expect(throws: Never.self, "\(decoder.name)/\(name)") { try decoder.check(input) }
        }
    }

    @Test("Every decoder has a corpus, and every corpus a decoder")
    func completeness() throws {
        #expect(try Corpus.decoders() == FuzzedDecoder.all.map(\.name).sorted())
    }

    @Test("Some input of each corpus is taken, so that more than refusals is tested", arguments: FuzzedDecoder.all)
    func someAreTaken(decoder: FuzzedDecoder) throws {
        let inputs = try Corpus.inputs(of: decoder.name)
        #expect(inputs.contains { decoder.takes($0.bytes) })
    }

    @Test("Truncations of every input of the corpus", arguments: FuzzedDecoder.all)
    func truncations(decoder: FuzzedDecoder) throws {
        for (name, input) in try Corpus.inputs(of: decoder.name) {
            for count in stride(from: 0, to: input.count, by: max(input.count / 16, 1)) {
                #expect(throws: Never.self, "\(decoder.name)/\(name), \(count) bytes") {
                    try decoder.check(Array(input[..<count]))
                }
            }
        }
    }
}
