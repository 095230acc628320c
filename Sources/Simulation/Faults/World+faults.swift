import Dispatcher
import Fleet
import Worker

/// Faults beginning and ending.
extension World {
    /// The one worker that nothing befalls: as long as it lives every job can end.
    static let healthyWorker = 0

    mutating func begin(_ scheduled: ScheduledFault, _ number: Int) {
        counters.faults[scheduled.fault, default: 0] += 1
        tell("fault: \(scheduled)")
        let worker = victim(scheduled.draw)
        switch scheduled.fault {
        case .loss: network.losses += 1
        case .delay: network.delays += 1
        case .duplication: network.duplications += 1
        case .reordering: network.reorderings += 1
        case .partition: partition(peer(scheduled.draw), for: scheduled.duration)
        case .cut: disconnect(peer(scheduled.draw))
        case .crash: endWorker(worker, restartAfter: scheduled.duration)
        case .hang:
            workers[worker].hungUntil = max(workers[worker].hungUntil, now.advanced(by: scheduled.duration))
            let connection = network.connections[1 + worker].number
            if connection != 0, scheduled.duration > .seconds(45) {
                partition(.worker(worker), for: scheduled.duration)
            }
        case .slow: workers[worker].slowUntil = max(workers[worker].slowUntil, now.advanced(by: scheduled.duration))
        case .lie: workers[worker].liesUntil = max(workers[worker].liesUntil, now.advanced(by: scheduled.duration))
        case .workerDrain: workerHandles(.drain, worker)
        case .brokerStop: stopBroker(cleanly: true, for: scheduled.duration)
        case .brokerKill: stopBroker(cleanly: false, for: scheduled.duration)
        case .dispatcherKill: killDispatcher(scheduled)
        case .dispatcherDrain: dispatcherHandles(.drain)
        case .journalFull: journal.fillings += 1
        case .withdraw: withdraw(Int(scheduled.draw % UInt64(jobs.count)))
        case .repetition: repeatRequest(scheduled.draw)
        }
        schedule(.faultEnd(number), after: scheduled.duration)
    }

    mutating func end(_ scheduled: ScheduledFault) {
        switch scheduled.fault {
        case .loss: network.losses -= 1
        case .delay: network.delays -= 1
        case .duplication: network.duplications -= 1
        case .reordering: network.reorderings -= 1
        case .hang: resume(victim(scheduled.draw))
        case .journalFull: journal.fillings -= 1
        default: break
        }
    }

    /// A worker other than the healthy one, if there is one.
    private func victim(_ draw: UInt64) -> Int {
        settings.workers > 1 ? 1 + Int(draw % UInt64(settings.workers - 1)) : 0
    }

    /// Anybody but the healthy worker.
    private func peer(_ draw: UInt64) -> Peer {
        let number = Int(draw % UInt64(settings.workers + settings.clients))
        return Peer(number: number == 0 ? 0 : 1 + number)
    }

    /// At once, or at one of its next actions, where a kill hurts.
    private mutating func killDispatcher(_ scheduled: ScheduledFault) {
        guard scheduled.draw % 4 > 0 else {
            return endDispatcher(isKilled: true, restartAfter: scheduled.duration)
        }
        dispatcher.fuse = (Int(scheduled.draw / 4 % 48), scheduled.duration)
    }

    private mutating func withdraw(_ job: Int) {
        guard clients[job].isSubmitted, !clients[job].isOver else { return }
        let client = jobs[job].client
        send(.withdraw(job: job, client: client), from: clientPeer(client), to: .dispatcher, qos: .atLeastOnce)
    }

    /// The same request from another client, or another one under its ID, which must not disturb it.
    private mutating func repeatRequest(_ draw: UInt64) {
        let job = Int(draw % UInt64(jobs.count))
        guard clients[job].isSubmitted else { return }
        let client = Int((draw >> 32) % UInt64(settings.clients))
        let isOther = draw >> 60 == 0 && client != jobs[job].client
        send(
            .request(job: job, client: client, isOther: isOther), from: clientPeer(client), to: .dispatcher,
            qos: .atLeastOnce)
    }
}
