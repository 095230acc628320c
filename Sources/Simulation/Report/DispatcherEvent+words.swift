import Dispatcher
import Fleet

/// Events of the dispatcher's core, in a line of a trace.
extension DispatcherEvent {
    var words: String {
        switch self {
        case .requested(let ticket, let waiter):
            "request \(ticket.id)\(ticket.isDurable ? " (durable)" : "") from \(waiter.route.words)"
        case .prepared(let id, let job): "\(id) is prepared: \(job.shards) shards"
        case .unfit(let id, let error): "\(id) is unfit: \(error.code.rawValue)"
        case .stored(let id, let error): error == nil ? "\(id) is stored" : "\(id) could not be stored"
        case .answerStored(let id, let isKept): "the answer of \(id) \(isKept ? "is" : "could not be") stored"
        case .withdrawn(let id, let route): "\(id) is withdrawn by \(route.words)"
        case .released(let id, let route): "\(id) is released by \(route.words)"
        case .fleet(let event): event.words
        case .drain: "drain"
        case .tick: "tick"
        }
    }
}

extension SchedulerEvent {
    var words: String {
        switch self {
        case .workerInfo(let id, let birth, let isLive):
            """
            \(id) has \(isLive ? "announced" : "left an announcement of") incarnation \(birth.incarnation), \
            \(birth.slots)+\(birth.prefetch) slots\(birth.isDraining ? ", draining" : ""), leases \(birth.leases)
            """
        case .workerStatus(let id, let isOnline): "\(id) is \(isOnline ? "online" : "offline")"
        case .heartbeat(let id, let incarnation, let leases): "\(id) (\(incarnation)) beats, leases \(leases)"
        case .jobSubmitted(let job): "\(job.id) is submitted"
        case .jobCancelled(let id, _): "\(id) is cancelled"
        case .taskEnded(let end): "\(end.worker) (\(end.incarnation)) ends lease \(end.lease): \(end.outcome.words)"
        case .sendFailed(let lease): "the task of lease \(lease) could not be sent"
        case .connectionLost: "the dispatcher has lost its connection"
        case .connectionRestored: "the dispatcher is connected"
        case .tick: "tick"
        }
    }
}

extension TaskEnd.Outcome {
    var words: String {
        switch self {
        case .done: "done"
        case .refused(let code): "refused, \(code)"
        case .missing: "keys and values missing"
        case .failed(let code, _): "failed, \(code)"
        case .invalid(let reason): "invalid, \(reason)"
        }
    }
}

extension JobWaiter.Route {
    var words: String {
        switch self {
        case .topic(let topic, _): topic
        case .local(let number): "local-\(number)"
        }
    }
}
