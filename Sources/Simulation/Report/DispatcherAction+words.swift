import Dispatcher
import Fleet

/// Actions of the dispatcher's core, in a line of a trace.
extension DispatcherAction {
    var words: String {
        switch self {
        case .prepare(let id): "prepare \(id)"
        case .load(let id): "load \(id) from the journal"
        case .store(let ticket, _): "store \(ticket.id) in the journal"
        case .storeWaiters(let id, let waiters): "store that \(waiters.count) wait for \(id)"
        case .unload(let id): "unload \(id)"
        case .discard(let id): "discard \(id)"
        case .send(let assignment):
            """
            send \(assignment.key.job)/\(assignment.key.shard) to \(assignment.worker) (\(assignment.incarnation)) \
            under lease \(assignment.lease), attempt \(assignment.attempt)\(assignment.isHedge ? ", a hedge" : "")
            """
        case .probe(let probe): "probe \(probe.worker) under lease \(probe.lease)"
        case .cancelTask(let worker, let lease): "cancel lease \(lease) at \(worker)"
        case .keep(let key): "keep the partial of \(key.job)/\(key.shard)"
        case .accepted(let id, let waiter): "tell \(waiter.route.words) that \(id) is accepted"
        case .refuse(let id, let waiter, let error): "refuse \(id) to \(waiter.route.words): \(error.code.rawValue)"
        case .conclude(let id, .done): "conclude \(id): done"
        case .conclude(let id, .failed(let error)): "conclude \(id): \(error.code.rawValue)"
        case .storeAnswer(let id, _): "store the answer of \(id) in the journal"
        case .deliver(let id, let waiters): "deliver the answer of \(id) to \(waiters.map(\.route.words))"
        case .dropAnswer(let id): "drop the answer of \(id) from memory"
        case .forget(let id): "forget \(id) in the journal"
        case .note(let note): "(\(note.words))"
        case .drained: "drained: end"
        }
    }
}

extension SchedulerNote {
    var words: String {
        switch self {
        case .workerJoined(let id, _): "\(id) has joined"
        case .workerLost(let id, let reason): "\(id) \(reason.rawValue)"
        case .workerDraining(let id): "\(id) is draining"
        case .workerSetAside(let id, let reason, _): "\(id) is set aside: \(reason)"
        case .workerTrusted(let id): "\(id) is trusted again"
        case .shardDone(let key, let worker, _): "\(key.job)/\(key.shard) is done by \(worker)"
        case .shardHedged(let key, let worker, _): "\(key.job)/\(key.shard) is hedged at \(worker)"
        case .shardRetried(let key, let worker, _, let reason):
            "\(key.job)/\(key.shard) is to be done again, not by \(worker): \(reason)"
        case .resultDropped(let worker, let lease): "the result of \(worker) under \(lease) is dropped"
        }
    }
}
