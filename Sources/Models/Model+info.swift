public import Codecs
import Fleet
import Transformer

extension Model {
    private var reads: String {
        if case .series = configuration.input { return "readings" }
        return tokenizer == nil ? "tokens" : "text"
    }

    /// What a dispatcher tells of a model in its birth.
    public var info: JSON {
        let configuration = configuration
        return [
            "name": .string(name), "digest": .string(digest.description), "bytes": JSON(archive.bytes.count),
            "layers": JSON(configuration.layers), "hidden_size": JSON(configuration.hiddenSize),
            "maximum_length": JSON(configuration.maximumLength), "reads": .string(reads),
            "gives": configuration.labels.isEmpty ? "embedding" : "label", "labels": JSON(configuration.labels),
        ]
    }
}
