import Blobs
import Compute
import Fleet
import Synchronization
import Transformer

/// The shell around `BlobFetch`: asks a dispatcher for parts, writes them down, and checks the whole.
final class BlobFetcher: Sendable {
    private enum Event: Sendable {
        case part(BlobPart)
        case tick
    }

    private let cache: BlobCache
    private let partBytes: Int
    private let pool: ComputePool<EncoderWorkspace>
    private let ask: ModelStore.Ask
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    /// Where the parts of what is being fetched go.
    private let inboxes = Mutex<[BlobDigest: AsyncStream<Event>.Continuation]>([:])

    init(
        _ cache: BlobCache, partBytes: Int, _ pool: ComputePool<EncoderWorkspace>, ask: @escaping ModelStore.Ask
    ) {
        (self.cache, self.partBytes, self.pool, self.ask) = (cache, partBytes, pool, ask)
        start = clock.now
    }

    func received(_ part: BlobPart) {
        _ = inboxes.withLock { $0[part.digest] }?.yield(.part(part))
    }

    /// Fetches a blob into the cache. One fetch of a digest at a time.
    func fetch(_ digest: BlobDigest, from dispatcher: PeerID) async throws -> MappedBytes {
        var settings = BlobFetch.Settings(largest: cache.budget)
        settings.partBytes = partBytes
        // No more than the parts asked for, and those asked for again.
        let (events, inbox) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingOldest(settings.window * 4))
        inboxes.withLock { $0[digest] = inbox }
        defer { inboxes.withLock { $0[digest] = nil } }
        let pace = settings.resend / 4
        let ticker = Task { [clock] in
            while !Task.isCancelled {
                inbox.yield(.tick)
                do { try await clock.sleep(for: pace) } catch { return }
            }
        }
        defer { ticker.cancel() }
        return try await run(BlobFetch(settings, at: now), events, digest, dispatcher)
    }

    private var now: Instant { Instant.origin.advanced(by: start.duration(to: clock.now)) }

    private func run(
        _ begun: BlobFetch, _ events: AsyncStream<Event>, _ digest: BlobDigest, _ dispatcher: PeerID
    ) async throws -> MappedBytes {
        var (fetch, draft): (BlobFetch, BlobDraft?) = (begun, nil)
        for await event in events {
            let part: BlobPart?
            let actions: [BlobFetch.Action]
            switch event {
            case .tick: (part, actions) = (nil, fetch.tick(at: now))
            case .part(let arrived):
                part = arrived
                actions = fetch.received(offset: arrived.offset, count: arrived.count, of: arrived.size, at: now)
            }
            for action in actions {
                switch action {
                case .ask(let offset, let length):
                    await ask(dispatcher, BlobRequest(digest: digest, offset: offset, length: length))
                case .makeRoom(let size): draft = try cache.begin(digest, size: size)
                case .write(let offset, _): try part?.withUnsafeBytes { try draft?.write($0, at: offset) }
                case .fail(let reason): throw ModelStoreError(description: "model \(digest.short): \(reason)")
                case .complete: return try await finish(draft, digest)
                }
            }
        }
        throw CancellationError()
    }

    private func finish(_ draft: BlobDraft?, _ digest: BlobDigest) async throws -> MappedBytes {
        guard let draft else { throw ModelStoreError(description: "model \(digest.short): nothing of it came") }
        let handover = Handover(draft: draft)
        return try await pool.run { [cache] _ in Result { try cache.finish(handover.draft, digest) } }.get()
    }

    /// A draft on its way to the thread that checks it; nobody else uses it any more.
    private struct Handover: @unchecked Sendable {
        let draft: BlobDraft
    }
}

/// Why a model cannot be had.
struct ModelStoreError: Error, CustomStringConvertible {
    let description: String
}
