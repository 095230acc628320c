public import AttnMath
public import Blobs
public import Fleet

/// What a worker is started with.
public struct WorkerOptions: Sendable {
    public var id: PeerID
    public var fleet: PeerID
    public var incarnation: Incarnation
    public var version: String
    /// Tasks computed at a time, each on a thread of its own.
    public var slots: Int
    /// Tasks taken beyond the slots.
    public var prefetch: Int
    public var kernel: AttentionKernel
    public var labels: [String: String]
    public var heartbeat: Duration = .seconds(5)
    /// Where fetched models are kept.
    public var cache: BlobCache
    /// Most bytes of models that are ready; one model may be larger.
    public var modelBytes = 1 << 30
    /// Most bytes of tasks whose keys and values are kept for later ones; 0: none are.
    public var contextBytes = min(256 << 20, Int(clamping: MachineFacts.memory / 16))
    /// How long they are kept after their last use, about.
    public var contextLife: Duration = .seconds(60)
    /// Bytes of a blob asked for at a time.
    public var partBytes = 256 << 10

    public init(
        id: PeerID, fleet: PeerID, incarnation: Incarnation, version: String, slots: Int, prefetch: Int,
        kernel: AttentionKernel, labels: [String: String] = [:], cache: BlobCache = .none
    ) {
        self.id = id
        self.fleet = fleet
        self.incarnation = incarnation
        self.version = version
        self.slots = slots
        self.prefetch = prefetch
        self.kernel = kernel
        self.labels = labels
        self.cache = cache
    }

    /// What to open the transport with: the worker dies with a retained `offline`.
    public var client: ClientOptions {
        let topics = FleetTopics(fleet: fleet)
        let offline = Presence.offline.message(topic: topics.workerStatus(id))
        // Dispatchers keep to the credits, a few tasks of a few megabytes; a flood must not fill a small device.
        let mailbox = Mailbox.Limits(messages: 4096, bytes: 64 << 20)
        return ClientOptions(
            clientID: topics.clientID(ofWorker: id), will: offline, farewell: offline, mailbox: mailbox)
    }
}
