import Fleet
import Logging

/// Actions out.
extension DispatcherService {
    /// - Returns: what the core is to be told at once.
    func perform(_ action: DispatcherAction, _ output: ReceivedOutput?) -> DispatcherEvent? {
        switch action {
        case .prepare(let id): return prepare(id)
        case .load(let id): enqueue(JournalWork(id, .load))
        case .store(let ticket, let waiters): store(ticket, waiters)
        case .storeWaiters(let id, let waiters):
            enqueue(JournalWork(id, .setWaiters(waiters.compactMap(JournaledWaiter.init))))
        case .unload(let id), .discard(let id): jobs[id] = nil
        case .send(let assignment): send(assignment)
        case .probe(let probe): send(probe)
        case .cancelTask(let worker, let lease): cancelTask(worker, lease)
        case .keep(let key): if let output { keep(output, key) }
        case .accepted(let id, let waiter): update(waiter, id, .accepted)
        case .refuse(let id, let waiter, let error): refuse(waiter, job: id.text, error)
        case .conclude(let id, let outcome):
            // After the last result, of which it is no part.
            measuringEffort {
                conclude(id, outcome)
                return nil
            }
        case .storeAnswer(let id, let until): storeAnswer(id, keepUntil: until)
        case .deliver(let id, let waiters):
            measuringEffort {
                deliver(id, to: waiters)
                return nil
            }
        case .dropAnswer(let id): answers[id] = nil
        case .forget(let id): enqueue(JournalWork(id, .forget))
        case .note(let note): took(note)
        case .drained: enqueue(.end)
        }
        return nil
    }

    private func cancelTask(_ worker: PeerID, _ lease: LeaseToken) {
        if probes[worker]?.lease == lease { probes[worker] = nil }
        guard worker != LocalWorker.id else {
            here?.cancel(lease)
            return
        }
        enqueue(
            .message(
                Message(
                    topic: topics.control(worker: worker, dispatcher: options.id),
                    payload: Control.cancel(lease).encoded(), qos: .atLeastOnce, contentType: "application/json",
                    expiry: 60)))
    }
}
