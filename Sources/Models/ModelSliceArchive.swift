import Blobs
public import Codecs
public import Fleet
public import Transformer

/// A slice of a model as it goes to workers.
public final class ModelSliceArchive: Sendable {
    public let slice: ModelSlice
    public let digest: BlobDigest
    public let archive: any MemoryOwner

    /// Cuts it out of a model; takes as long as copying and hashing the slice does.
    /// - Throws: `ModelError.malformed`, if the model's tensors are not of the shapes that its configuration calls for.
    public init(_ slice: ModelSlice, of model: Model) throws(ModelError) {
        let view: SafetensorsView
        do { view = try SafetensorsView(parsing: model.archive) } catch {
            throw ModelError(.malformed, "model '\(model.name)': \(error)")
        }
        let bytes = ArchiveBytes(try ModelArchive.encode(slice, of: view))
        self.slice = slice
        archive = bytes
        digest = BlobDigest(of: bytes.bytes)
    }
}
