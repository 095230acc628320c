public import Fleet

/// Who it is that tells Home Assistant of sensors, workers and itself.
public struct HomeAssistantIdentity: Sendable, Equatable {
    public let fleet: PeerID
    public let dispatcher: PeerID

    public init(fleet: PeerID, dispatcher: PeerID) {
        self.fleet = fleet
        self.dispatcher = dispatcher
    }

    var topics: FleetTopics { FleetTopics(fleet: fleet) }

    /// Identifies the dispatcher among Home Assistant's devices.
    var dispatcherIdentifier: String { "attn_\(fleet)_dispatcher_\(dispatcher)" }

    func workerIdentifier(_ worker: PeerID) -> String { "attn_\(fleet)_worker_\(worker)" }
}
