public import AttnMath
public import Codecs

/// A model as it travels and is kept: one safetensors archive, whose metadata is what the folder's small files say.
///
/// Metadata: `config`, the text of `config.json`; `pooling` (`mean` | `cls`) if it is not the default of the kind of
/// model; `normalize` = `true` if embeddings have length 1; `weights` (`float32` | `float16` | `int8`), what linear
/// layers are to be kept in, `float32` if absent. Tensors by Hugging Face's names.
public enum ModelArchive {
    /// The metadata of an archive.
    public static func metadata(
        config: String, pooling: Pooling?, normalizesEmbedding: Bool, format: WeightFormat
    ) -> [String: String] {
        var metadata = ["config": config]
        metadata["pooling"] = pooling?.rawValue
        metadata["normalize"] = normalizesEmbedding ? "true" : nil
        metadata["weights"] = format == .float32 ? nil : format.rawValue
        return metadata
    }

    /// What an archive's metadata says the model is.
    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public static func configuration(of archive: any TensorArchive) throws(ModelError) -> EncoderConfiguration {
        let json = try json(of: archive)
        var pooling: Pooling?
        if let name = archive.metadata["pooling"] {
            pooling = Pooling(rawValue: name)
            guard pooling != nil else {
                throw ModelError(.unsupported, "pooling '\(name.prefix(32))' is not computed here")
            }
        }
        return try EncoderConfiguration(
            json, pooling: pooling, normalizesEmbedding: archive.metadata["normalize"] == "true")
    }

    /// The `config.json` of an archive.
    static func json(of archive: any TensorArchive) throws(ModelError) -> JSON {
        guard let text = archive.metadata["config"] else {
            throw ModelError(.malformed, "the archive has no 'config' in its metadata")
        }
        do { return try JSON(parsing: text, limit: 1 << 20) } catch {
            throw ModelError(.malformed, "config.json: \(error)")
        }
    }

    /// What kind of model an archive is, by `model_type`; nil if it says none.
    static func kind(of archive: any TensorArchive) throws(ModelError) -> String? {
        try json(of: archive).objectValue?["model_type"]?.stringValue
    }

    static func format(of archive: any TensorArchive) throws(ModelError) -> WeightFormat {
        let name = archive.metadata["weights"] ?? WeightFormat.float32.rawValue
        guard let format = WeightFormat(rawValue: name) else {
            throw ModelError(.unsupported, "weights in '\(name.prefix(32))' are not computed here")
        }
        return format
    }
}

extension Encoder {
    /// The model of an archive, ready to be computed.
    /// - Parameter hasLayers: false for one that is to embed, combine and pool only.
    /// - Throws: `ModelError`: `.malformed`, `.unsupported`.
    public convenience init(_ archive: any TensorArchive, kernel: AttentionKernel = .best, hasLayers: Bool = true)
        throws(ModelError)
    {
        try self.init(
            archive, ModelArchive.configuration(of: archive), format: ModelArchive.format(of: archive), kernel: kernel,
            hasLayers: hasLayers)
    }
}
