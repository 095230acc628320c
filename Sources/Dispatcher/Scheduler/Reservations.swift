public import Fleet

/// For whom a plan made the shards of a job.
public struct Reservations: Sendable, Equatable {
    /// Of each shard its worker; those of a job with stages are the same in every stage. Empty: whoever is free.
    public var workers: [PeerID]
    /// How long a shard waits for its worker, from its stage's beginning on, before it is anyone's.
    public var duration: Duration

    public init(workers: [PeerID] = [], duration: Duration = .zero) {
        self.workers = workers
        self.duration = duration
    }
}
