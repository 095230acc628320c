import Dispatcher
import Fleet
import Worker

/// The workers' shells: what `WorkerService` does, without a kernel.
extension ScaleWorld {
    private static let dispatcherID = PeerID("dispatcher")!

    mutating func startWorker(_ worker: Int) {
        workerHandles(.connected, worker)
        schedule(.heartbeat(worker), at: now.advanced(by: settings.heartbeat))
    }

    mutating func beat(_ worker: Int) {
        schedule(.heartbeat(worker), at: now.advanced(by: settings.heartbeat))
        send(
            .heartbeat(worker: worker, leases: workers[worker].core.leases), Self.heartbeatBytes,
            through: [.workerOut(worker), .broker, .dispatcherIn, .dispatcher])
    }

    mutating func workerGot(_ task: ScaleTask) {
        var task = task
        task.arrived = now
        workers[task.worker].held[task.lease] = task
        workers[task.worker].wasUsed = true
        workerHandles(
            .taskReceived(TaskKey(dispatcher: Self.dispatcherID, lease: task.lease), for: task.incarnation),
            task.worker)
    }

    mutating func workerGot(cancelOf lease: LeaseToken, _ worker: Int) {
        workerHandles(.cancelled(TaskKey(dispatcher: Self.dispatcherID, lease: lease)), worker)
    }

    mutating func computed(_ worker: Int, _ lease: LeaseToken) {
        workerHandles(
            .taskComputed(TaskKey(dispatcher: Self.dispatcherID, lease: lease), succeeded: true), worker)
    }

    private mutating func workerHandles(_ event: WorkerEvent, _ worker: Int) {
        for action in workers[worker].core.handle(event) {
            switch action {
            case .announce:
                send(
                    .birth(worker: worker), Self.birthBytes,
                    through: [.workerOut(worker), .broker, .dispatcherIn, .dispatcher])
            case .start(let key): start(key.lease, worker)
            case .send(let key): sendResult(key.lease, worker)
            // The dispatcher keeps to the credits, and these workers neither drain nor start anew.
            case .refuse(let key, _), .abandon(let key): workers[worker].held[key.lease] = nil
            case .drained: break
            }
        }
    }

    private mutating func start(_ lease: LeaseToken, _ worker: Int) {
        workers[worker].held[lease]?.begun = now
        guard let task = workers[worker].held[lease] else { return }
        // What else such a machine does.
        let seconds = task.flops / workers[worker].kind.speed * .random(in: 0.95...1.05, using: &random)
        workerBusy += seconds
        schedule(
            .computed(worker: worker, lease), at: now.advanced(by: .nanoseconds(Int64((seconds * 1e9).rounded()))))
    }

    private mutating func sendResult(_ lease: LeaseToken, _ worker: Int) {
        guard let task = workers[worker].held.removeValue(forKey: lease) else { return }
        let (queued, computed) = (task.arrived.duration(to: task.begun), task.begun.duration(to: now))
        send(
            .result(task, queued: queued.inSeconds, computed: computed.inSeconds),
            task.resultBytes + Self.headerBytes,
            through: [.workerOut(worker), .broker, .dispatcherIn, .dispatcher])
    }
}
