/// The topics of one fleet, under `attn/v1/{fleet}`: who publishes what where. The table is in `docs/wire.md`.
public struct FleetTopics: Sendable, Equatable {
    public let fleet: PeerID
    public let root: String

    public init(fleet: PeerID) {
        self.fleet = fleet
        root = "attn/v1/\(fleet)"
    }

    /// Retained `online` or `offline`; a worker's will.
    public func workerStatus(_ worker: PeerID) -> String { "\(root)/worker/\(worker)/status" }
    /// Retained birth, JSON.
    public func workerInfo(_ worker: PeerID) -> String { "\(root)/worker/\(worker)/info" }
    /// Heartbeat, JSON.
    public func workerStats(_ worker: PeerID) -> String { "\(root)/worker/\(worker)/stats" }
    /// Dispatcher to worker, safetensors.
    public func task(worker: PeerID, dispatcher: PeerID) -> String { "\(root)/task/\(worker)/\(dispatcher)" }
    /// Worker to dispatcher, safetensors.
    public func result(worker: PeerID, dispatcher: PeerID) -> String { "\(root)/result/\(worker)/\(dispatcher)" }
    /// Dispatcher to worker, JSON.
    public func control(worker: PeerID, dispatcher: PeerID) -> String { "\(root)/control/\(worker)/\(dispatcher)" }
    /// Worker to dispatcher, JSON: it lacks a part of a blob.
    public func fetch(worker: PeerID, dispatcher: PeerID) -> String { "\(root)/fetch/\(worker)/\(dispatcher)" }
    /// Dispatcher to worker, safetensors: a part of a blob.
    public func part(worker: PeerID, dispatcher: PeerID) -> String { "\(root)/part/\(worker)/\(dispatcher)" }
    /// Retained `online` or `offline`; a dispatcher's will.
    public func dispatcherStatus(_ dispatcher: PeerID) -> String { "\(root)/dispatcher/\(dispatcher)/status" }
    /// Retained birth, JSON.
    public func dispatcherInfo(_ dispatcher: PeerID) -> String { "\(root)/dispatcher/\(dispatcher)/info" }
    /// What a dispatcher's triggers counted, JSON.
    public func dispatcherStats(_ dispatcher: PeerID) -> String { "\(root)/dispatcher/\(dispatcher)/stats" }
    /// A dispatcher to itself: how long the way to the broker and back takes.
    public func dispatcherEcho(_ dispatcher: PeerID) -> String { "\(root)/dispatcher/\(dispatcher)/echo" }
    /// Client to one dispatcher, safetensors.
    public var job: String { "\(root)/job" }
    /// Client to all dispatchers, JSON: of a job that one of them has.
    public var jobControl: String { "\(root)/job/control" }
    /// Dispatcher to client: where this project's own client asks for its answers. One that has logged in as a user asks
    /// below the user's name, so that an ACL can keep users' answers apart.
    public func answer(client: PeerID, user: PeerID? = nil) -> String {
        "\(root)/answer/\(user.map { "\($0)/" } ?? "")\(client)"
    }

    /// What a worker subscribes to.
    public func workerSubscriptions(_ worker: PeerID) -> [Subscription] {
        [
            Subscription("\(root)/task/\(worker)/+"), Subscription("\(root)/part/\(worker)/+"),
            Subscription("\(root)/control/\(worker)/+", qos: .atLeastOnce),
            Subscription("\(root)/dispatcher/+/status", qos: .atLeastOnce),
        ]
    }

    /// What a dispatcher subscribes to. The job topic is shared, so that each job reaches one dispatcher.
    /// - Parameter takesJobs: from the job topic.
    public func dispatcherSubscriptions(_ dispatcher: PeerID, takesJobs: Bool = true) -> [Subscription] {
        let own = [
            Subscription("\(root)/worker/+/status", qos: .atLeastOnce),
            Subscription("\(root)/worker/+/info", qos: .atLeastOnce), Subscription("\(root)/worker/+/stats"),
            Subscription(dispatcherEcho(dispatcher)), Subscription("\(root)/result/+/\(dispatcher)"),
            Subscription("\(root)/fetch/+/\(dispatcher)"),
        ]
        return own + (takesJobs ? [jobSubscription, Subscription(jobControl, qos: .atLeastOnce)] : [])
    }

    /// Shared by all dispatchers.
    public var jobSubscription: Subscription { Subscription("$share/dispatch/\(job)", qos: .atLeastOnce) }

    /// What a client subscribes to.
    public func clientSubscriptions(_ client: PeerID, user: PeerID? = nil) -> [Subscription] {
        [
            Subscription(answer(client: client, user: user), qos: .atLeastOnce),
            Subscription("\(root)/dispatcher/+/status", qos: .atLeastOnce),
        ]
    }
}
