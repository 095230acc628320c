import Blobs
import Codecs
import Compute
import Fleet
import Logging
import Transformer

/// The models that a worker has ready, by the digests of their archives: found in its cache, or fetched from the dispatcher
/// whose task needs one; the least recently used go when there is no memory for another.
actor ModelStore {
    /// Sends a dispatcher a request for a part of a blob.
    typealias Ask = @Sendable (PeerID, BlobRequest) async -> Void

    private struct Resident {
        let model: LoadedModel
        var lastUse: UInt64
    }

    private let cache: BlobCache
    private let pool: ComputePool<EncoderWorkspace>
    private let options: WorkerOptions
    private let logger: Logger
    private let clock = ContinuousClock()
    private let fetcher: BlobFetcher

    private var residents: [BlobDigest: Resident] = [:]
    private var loading: [BlobDigest: Task<LoadedModel, any Error>] = [:]
    private var uses: UInt64 = 0

    init(_ options: WorkerOptions, _ pool: ComputePool<EncoderWorkspace>, logger: Logger, ask: @escaping Ask) {
        (self.options, self.pool, self.logger) = (options, pool, logger)
        cache = options.cache
        fetcher = BlobFetcher(options.cache, partBytes: options.partBytes, pool, ask: ask)
    }

    /// What is ready, in a fixed order.
    var digests: [BlobDigest] { residents.keys.sorted { $0.description < $1.description } }

    /// The model of that digest, once it is ready; those who ask meanwhile wait for the same one.
    ///
    /// - Parameter dispatcher: whom to ask for what is not in the cache.
    func model(_ digest: BlobDigest, from dispatcher: PeerID) async throws -> LoadedModel {
        uses += 1
        if let model = residents[digest]?.model {
            residents[digest]?.lastUse = uses
            return model
        }
        if let task = loading[digest] { return try await task.value }
        let task = Task { try await load(digest, from: dispatcher) }
        loading[digest] = task
        defer { loading[digest] = nil }
        let model = try await task.value
        keep(model, digest)
        return model
    }

    /// Takes a part in; one that nobody waits for is dropped.
    nonisolated func received(_ part: BlobPart) { fetcher.received(part) }

    private func load(_ digest: BlobDigest, from dispatcher: PeerID) async throws -> LoadedModel {
        let begin = clock.now
        // Hashing and packing take long: on a thread of the pool, as tasks do.
        let found = await pool.run { [cache] _ in cache.find(digest) }
        let bytes: MappedBytes
        if let found { bytes = found } else { bytes = try await fetcher.fetch(digest, from: dispatcher) }
        let fetched = clock.now
        let kernel = options.kernel
        let model = try await pool.run { _ -> Result<LoadedModel, any Error> in
            Result { try LoadedModel(SafetensorsView(parsing: bytes), kernel: kernel) }
        }.get()
        logger.info(
            "model ready",
            metadata: [
                "model": "\(digest.short)", "bytes": "\(bytes.bytes.count)", "cached": "\(found != nil)",
                "fetch_ms": "\(Int(begin.duration(to: fetched).inMilliseconds))",
                "pack_ms": "\(Int(fetched.duration(to: clock.now).inMilliseconds))",
            ])
        return model
    }

    /// Keeps a model, and lets others go for it.
    private func keep(_ model: LoadedModel, _ digest: BlobDigest) {
        residents[digest] = Resident(model: model, lastUse: uses)
        while residents.count > 1, residents.values.reduce(0, { $0 + $1.model.byteCount }) > options.modelBytes,
            let oldest = residents.filter({ $0.key != digest }).min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            residents[oldest.key] = nil
            logger.info("model dropped", metadata: ["model": "\(oldest.key.short)"])
        }
    }
}
