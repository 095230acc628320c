import Fleet

/// Why a worker gets no shards, and when it is probed.
struct SetAside {
    let reason: String
    /// Invalid results and failed probes in a row.
    var strikes: Int
    /// When it is next probed, if it is there.
    var due: Instant
}

/// A life of a worker that was lost, and the shards it held then.
struct Loss {
    let incarnation: Incarnation
    let shards: [ShardKey]
}
