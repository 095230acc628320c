/// What a received topic says, or nil if it is none of the fleet's.
public enum ParsedTopic: Sendable, Equatable {
    case workerStatus(PeerID)
    case workerInfo(PeerID)
    case workerStats(PeerID)
    case task(worker: PeerID, dispatcher: PeerID)
    case result(worker: PeerID, dispatcher: PeerID)
    case control(worker: PeerID, dispatcher: PeerID)
    case fetch(worker: PeerID, dispatcher: PeerID)
    case part(worker: PeerID, dispatcher: PeerID)
    case dispatcherStatus(PeerID)
    case dispatcherInfo(PeerID)
    case dispatcherEcho(PeerID)
    case job
    case jobControl
    case answer(client: PeerID, user: PeerID?)
}

extension ParsedTopic {
    /// The worker that the topic is one of.
    public var worker: PeerID? {
        switch self {
        case .workerStatus(let worker), .workerInfo(let worker), .workerStats(let worker), .task(let worker, _),
            .result(let worker, _), .control(let worker, _), .fetch(let worker, _), .part(let worker, _):
            worker
        default: nil
        }
    }
}

extension FleetTopics {
    public func parse(_ topic: String) -> ParsedTopic? {
        guard topic.hasPrefix(root + "/") else { return nil }
        let levels = topic.dropFirst(root.utf8.count + 1).split(separator: "/", omittingEmptySubsequences: false)
        switch (levels.count, levels.first) {
        case (1, "job"): return .job
        case (2, "job"): return levels[1] == "control" ? .jobControl : nil
        case (2, "answer"): return PeerID(levels[1]).map { .answer(client: $0, user: nil) }
        case (3, "answer"):
            guard let user = PeerID(levels[1]), let client = PeerID(levels[2]) else { return nil }
            return .answer(client: client, user: user)
        case (3, "worker"), (3, "dispatcher"):
            guard let peer = PeerID(levels[1]) else { return nil }
            return Self.presence(isWorker: levels[0] == "worker", peer, levels[2])
        case (3, "task"), (3, "result"), (3, "control"), (3, "fetch"), (3, "part"):
            guard let worker = PeerID(levels[1]), let dispatcher = PeerID(levels[2]) else { return nil }
            switch levels[0] {
            case "task": return .task(worker: worker, dispatcher: dispatcher)
            case "result": return .result(worker: worker, dispatcher: dispatcher)
            case "fetch": return .fetch(worker: worker, dispatcher: dispatcher)
            case "part": return .part(worker: worker, dispatcher: dispatcher)
            default: return .control(worker: worker, dispatcher: dispatcher)
            }
        default: return nil
        }
    }

    private static func presence(isWorker: Bool, _ peer: PeerID, _ leaf: Substring) -> ParsedTopic? {
        switch (isWorker, leaf) {
        case (true, "status"): .workerStatus(peer)
        case (true, "info"): .workerInfo(peer)
        case (true, "stats"): .workerStats(peer)
        case (false, "status"): .dispatcherStatus(peer)
        case (false, "info"): .dispatcherInfo(peer)
        case (false, "echo"): .dispatcherEcho(peer)
        default: nil
        }
    }
}
