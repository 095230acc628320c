public import AttnMath
public import Fleet
public import Models
public import Triggers

/// What a dispatcher is started with.
public struct DispatcherOptions: Sendable {
    public var id: PeerID
    public var fleet: PeerID
    /// This life's number, greater than any earlier one's: fences off earlier lives' tasks.
    public var epoch: UInt64
    public var version: String
    /// How long a job may take whose request does not say.
    public var timeout: Duration = .seconds(30)
    /// The same for durable jobs, which are to outlive what goes wrong for longer.
    public var durableTimeout: Duration = .seconds(86_400)
    /// Most bytes of tensors in one task or partial; the broker's packet limit lowers it.
    public var messageBytes = 4 << 20
    /// Most bytes of answers and tasks that wait to be published before new jobs are refused as busy.
    public var outgoingBytes = 256 << 20
    /// It works for this process alone: takes no jobs from the job topic, and leaves no word of itself at the broker.
    public var isEmbedded = false
    /// Threads that compute here what a plan does not send away; 0: none.
    public var localThreads = 0
    /// What they compute with.
    public var kernel = AttentionKernel.best
    public var admission = AdmissionSettings()
    public var scheduler = SchedulerSettings()
    /// Those that jobs can name.
    public var models = ModelLibrary.empty
    /// From sensors to results; see `TriggerFitness`.
    public var triggers: [Trigger] = []

    public init(id: PeerID, fleet: PeerID, epoch: UInt64, version: String) {
        self.id = id
        self.fleet = fleet
        self.epoch = epoch
        self.version = version
    }

    /// What to open the transport with: the dispatcher dies with a retained `offline`.
    public var client: ClientOptions {
        let topics = FleetTopics(fleet: fleet)
        guard !isEmbedded else { return ClientOptions(clientID: topics.clientID(ofDispatcher: id)) }
        let offline = Presence.offline.message(topic: topics.dispatcherStatus(id))
        // A flood of jobs must not keep the fleet's heartbeats and results out.
        let mailbox = Mailbox.Limits(topic: .init(topics.job, messages: 4096, bytes: 128 << 20))
        return ClientOptions(
            clientID: topics.clientID(ofDispatcher: id), will: offline, farewell: offline, mailbox: mailbox)
    }
}
