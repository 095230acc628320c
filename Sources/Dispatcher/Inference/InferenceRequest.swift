import Codecs
import Compute
import Fleet
import Models
import Transformer

/// A job request read as inference: the model, and what it is to read.
///
/// Fields: `model` (its name), `strategy` (default `auto`), and, if there are no tensors, `inputs`: a JSON array of texts, or
/// of readings [channels][length] each. Tensors: those of a model's task, without padding.
struct InferenceRequest {
    static let op = "Infer"

    let model: Model
    let strategy: InferenceStrategy
    let batch: EncoderBatch
    let layout: SequenceLayout

    /// Most sequences in one job.
    private static let mostSequences = 65_536

    /// - Throws: `JobError`: `.invalidRequest`.
    init(_ request: JobRequest, _ library: ModelLibrary) throws(JobError) {
        let fields = request.tensors.metadata
        for key in fields.keys where !["model", "strategy", "inputs"].contains(key) {
            guard let name = ["model", "strategy", "inputs", "outputs"].first(where: { key.isMisspelling(of: $0) })
            else { continue }
            throw JobError(.invalidRequest, "'\(key)' in the metadata is not known; is it to be '\(name)'?")
        }
        guard let name = fields["model"] else { throw JobError(.invalidRequest, "'model' is missing") }
        guard let model = library[name] else {
            let known = library.models.map(\.name).joined(separator: ", ")
            throw JobError(
                .invalidRequest,
                known.isEmpty
                    ? "this dispatcher has no models: give it --models"
                    : "there is no model '\(name.prefix(64))'; there are: \(known)")
        }
        let strategyName = fields["strategy"] ?? InferenceStrategy.auto.rawValue
        guard let strategy = InferenceStrategy(rawValue: strategyName) else {
            throw JobError(
                .invalidRequest,
                "'strategy' is '\(strategyName.prefix(32))', not one of \(InferenceStrategy.names)")
        }
        (self.model, self.strategy) = (model, strategy)
        do throws(ModelError) {
            batch = try Self.batch(request.tensors, model)
            layout = try model.encoder.layout(of: batch)
        } catch {
            throw JobError(.invalidRequest, error.message)
        }
        guard layout.lengths.count <= Self.mostSequences else {
            throw JobError(.tooLarge, "\(layout.lengths.count) sequences, and \(Self.mostSequences) are the most")
        }
    }

    private static func batch(_ file: Safetensors, _ model: Model) throws(ModelError) -> EncoderBatch {
        let names = ["sequence_lengths", "input_ids", "token_type_ids", "attention_mask", "x"]
        if let tensor = file.tensors.first(where: { !names.contains($0.name) }) {
            throw ModelError(
                .invalidInput, "Infer has no input '\(tensor.name.prefix(64))', but \(names.joined(separator: ", "))")
        }
        guard let text = file.metadata["inputs"] else { return try file.encoderBatch() }
        guard file.tensors.isEmpty else {
            throw ModelError(.invalidInput, "there are both 'inputs' and tensors; one of them is to be left out")
        }
        guard let json = try? JSON(parsing: text, limit: 64 << 20), case .array(let inputs) = json, !inputs.isEmpty
        else { throw ModelError(.invalidInput, "'inputs' is not a JSON array with something in it") }
        if case .string = inputs[0] { return try model.batch(texts: try texts(inputs)) }
        return .series(try series(inputs))
    }

    private static func texts(_ inputs: [JSON]) throws(ModelError) -> [String] {
        var texts: [String] = []
        for (index, input) in inputs.enumerated() {
            guard case .string(let text) = input else {
                throw ModelError(.invalidInput, "inputs[\(index)] is no text, and those before it are")
            }
            texts.append(text)
        }
        return texts
    }

    /// Of [inputs][channels][length].
    private static func series(_ inputs: [JSON]) throws(ModelError) -> SeriesBatch {
        var (values, shape): ([Float], (Int, Int)?) = ([], nil)
        for (index, input) in inputs.enumerated() {
            let channels = input.arrayValue ?? []
            let rows = channels.map { $0.arrayValue ?? [] }
            let own = (rows.count, rows.first?.count ?? 0)
            if shape == nil { shape = own }
            guard let first = shape, own == first, own.1 > 0, !rows.contains(where: { $0.count != own.1 }) else {
                throw ModelError(
                    .invalidInput,
                    "inputs[\(index)] is not a text, nor [channels][length] of readings as those before it")
            }
            for row in rows {
                for number in row {
                    guard let value = number.doubleValue else {
                        throw ModelError(.invalidInput, "inputs[\(index)] holds something that is no number")
                    }
                    values.append(Float(value))
                }
            }
        }
        return SeriesBatch(values: values, windows: inputs.count, channels: shape?.0 ?? 0, length: shape?.1 ?? 0)
    }
}
