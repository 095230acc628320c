import Fleet

/// Keys and values kept for later tasks, each dispatcher's apart: its digests are believed, and nobody else's business.
///
/// Bounded in bytes and number; those used longest ago go first. Whatever goes is asked for again by a refusal.
struct ContextCache {
    private struct Key: Hashable {
        let dispatcher: PeerID
        let digest: BlobDigest
    }

    private struct Entry {
        let context: AttentionContext
        var lastUse: Instant
        /// Orders uses of one instant.
        var use: UInt64
    }

    private static let most = 1024

    /// Most bytes of messages kept.
    let budget: Int
    private(set) var byteCount = 0
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    init(budget: Int) { self.budget = budget }

    var count: Int { entries.count }

    /// What was kept, which counts as a use.
    mutating func find(_ digest: BlobDigest, of dispatcher: PeerID, at now: Instant) -> AttentionContext? {
        let key = Key(dispatcher: dispatcher, digest: digest)
        guard let context = entries[key]?.context else { return nil }
        uses += 1
        entries[key]?.lastUse = now
        entries[key]?.use = uses
        return context
    }

    /// Keeps what has a digest and fits.
    mutating func keep(_ context: AttentionContext, of dispatcher: PeerID, at now: Instant) {
        guard let digest = context.digest, context.byteCount <= budget else { return }
        guard find(digest, of: dispatcher, at: now) == nil else { return }
        uses += 1
        entries[Key(dispatcher: dispatcher, digest: digest)] = Entry(context: context, lastUse: now, use: uses)
        byteCount += context.byteCount
        while byteCount > budget || entries.count > Self.most,
            let oldest = entries.min(by: { $0.value.use < $1.value.use })?.key
        {
            remove(oldest)
        }
    }

    /// Lets go of what nobody has asked for since.
    mutating func dropUnused(since: Instant) {
        for (key, entry) in entries where entry.lastUse < since { remove(key) }
    }

    private mutating func remove(_ key: Key) {
        byteCount -= entries.removeValue(forKey: key)?.context.byteCount ?? 0
    }
}
