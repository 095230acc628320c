public import Fleet

/// What a dispatcher is started with.
public struct DispatcherOptions: Sendable {
    public var id: PeerID
    public var fleet: PeerID
    /// This life's number, greater than any earlier one's: fences off earlier lives' tasks.
    public var epoch: UInt64
    public var version: String
    /// How long a job may take whose request does not say.
    public var timeout: Duration = .seconds(30)
    /// Most bytes of tensors in one task or partial; the broker's packet limit lowers it.
    public var messageBytes = 4 << 20
    /// Most bytes of requests and outputs under way at a time; more is refused as busy, but for a job alone.
    public var maxJobBytes = 1 << 30
    /// Bounds of the answers kept for repeated requests.
    public var answerBytes = 64 << 20
    public var answerLifetime: Duration = .seconds(60)
    public var scheduler = SchedulerSettings()

    public init(id: PeerID, fleet: PeerID, epoch: UInt64, version: String) {
        self.id = id
        self.fleet = fleet
        self.epoch = epoch
        self.version = version
    }

    /// What to open the transport with: the dispatcher dies with a retained `offline`.
    public var client: ClientOptions {
        let offline = Presence.offline.message(topic: FleetTopics(fleet: fleet).dispatcherStatus(id))
        return ClientOptions(clientID: "attn-dispatcher-\(id)", will: offline, farewell: offline)
    }
}
