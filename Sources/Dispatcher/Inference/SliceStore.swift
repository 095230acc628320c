import Fleet
import Models
import Transformer

/// Slices of models, cut when a job first needs them: kept as long as a job does, and those of the latest cuts beyond that.
struct SliceStore {
    private struct Cut {
        let model: BlobDigest
        let slices: [ModelSlice]
        let archives: [ModelSliceArchive]
    }

    private struct Weak {
        weak var archive: ModelSliceArchive?
    }

    private static let mostCuts = 2

    /// The latest last.
    private var cuts: [Cut] = []
    private var known: [BlobDigest: Weak] = [:]

    /// - Throws: `ModelError.malformed`.
    mutating func archives(of slices: [ModelSlice], _ model: Model) throws(ModelError) -> [ModelSliceArchive] {
        if let place = cuts.firstIndex(where: { $0.model == model.digest && $0.slices == slices }) {
            cuts.append(cuts.remove(at: place))
            return cuts[cuts.count - 1].archives
        }
        var archives: [ModelSliceArchive] = []
        for slice in slices { archives.append(try ModelSliceArchive(slice, of: model)) }
        cuts.append(Cut(model: model.digest, slices: slices, archives: archives))
        if cuts.count > Self.mostCuts { cuts.removeFirst() }
        known = known.filter { $0.value.archive != nil }
        for archive in archives { known[archive.digest] = Weak(archive: archive) }
        return archives
    }

    subscript(digest: BlobDigest) -> ModelSliceArchive? { known[digest]?.archive }
}
