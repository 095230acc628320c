import AttnMath
import Codecs

/// From what a model reads to the rows that its first layer is given.
enum InputEmbedding: Sendable {
    case tokens(TokenEmbedding)
    case series(SeriesEmbedding)

    init(_ reader: WeightReader, _ configuration: EncoderConfiguration) throws(ModelError) {
        switch configuration.input {
        case .tokens(let input): self = .tokens(try TokenEmbedding(reader, input, configuration.hiddenSize))
        case .series(let input): self = .series(try SeriesEmbedding(reader, input, configuration.hiddenSize))
        }
    }
}

/// Word, type and position embeddings, added up; then a norm.
struct TokenEmbedding: Sendable {
    private let archive: any TensorArchive
    /// Stays where it lies: it is the largest tensor of a small model, and a text needs few of its rows.
    private let words: TensorInfo
    private let types: [Float]
    private let positions: [Float]
    let norm: NormWeights
    private let width: Int

    init(_ reader: WeightReader, _ input: TokenInput, _ width: Int) throws(ModelError) {
        archive = reader.archive
        self.width = width
        words = try reader.tensor("embeddings.word_embeddings.weight", [input.vocabularySize, width])
        types = try reader.floats("embeddings.token_type_embeddings.weight", [input.typeVocabularySize, width])
        positions = try reader.floats("embeddings.position_embeddings.weight", [input.maximumLength, width])
        norm = try NormWeights(reader, "embeddings.LayerNorm", width)
    }

    /// One row, before the norm. The numbers are within the tables.
    func embed(_ token: Int, type: Int, position: Int, into row: UnsafeMutablePointer<Float>) {
        let rowBytes = width * words.type.byteWidth
        archive.withUnsafeBytes(of: words) { bytes in
            let source = UnsafeRawBufferPointer(rebasing: bytes[token * rowBytes..<(token + 1) * rowBytes])
            do {
                try FloatFormat(words.type)?.decode(source, into: UnsafeMutableBufferPointer(start: row, count: width))
            } catch {
                preconditionFailure("a row has the bytes of its elements: \(error)")
            }
        }
        for column in 0..<width { row[column] += types[type * width + column] }
        for column in 0..<width { row[column] += positions[position * width + column] }
    }
}

/// A linear layer over the patches of a time series, and position embeddings; then a norm.
struct SeriesEmbedding: Sendable {
    let patch: LinearWeights
    let positions: [Float]
    let norm: NormWeights

    init(_ reader: WeightReader, _ input: SeriesInput, _ width: Int) throws(ModelError) {
        patch = try reader.linear("embeddings.patch", width, input.patchSize)
        positions = try reader.floats("embeddings.position_embeddings.weight", [input.patches, width])
        norm = try NormWeights(reader, "embeddings.LayerNorm", width)
    }
}
