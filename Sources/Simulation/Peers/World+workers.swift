import Dispatcher
import Fleet
import Worker

/// The workers' shells: what `WorkerService` does, without a kernel.
extension World {
    private static let heartbeat = Duration.seconds(5)
    private static let dispatcherID = PeerID("dispatcher")!

    mutating func startWorker(_ index: Int) {
        guard workers[index].core == nil else { return }
        workers[index].life += 1
        workers[index].held = [:]
        workers[index].inbox = []
        let incarnation = Incarnation(UInt64(now.nanoseconds / 1000) + workers[index].life)
        workers[index].core = WorkerCore(
            incarnation: incarnation, slots: workers[index].slots, prefetch: workers[index].prefetch)
        tell("\(workerIDs[index]) starts as \(incarnation)")
        schedule(.heartbeat(worker: index, life: workers[index].life), after: Self.heartbeat)
        connect(.worker(index))
    }

    /// The process is gone; the broker sees its connection closed.
    mutating func endWorker(_ index: Int, restartAfter: Duration) {
        guard workers[index].core != nil else { return }
        workers[index].core = nil
        workers[index].hungUntil = now
        disconnect(.worker(index))
        schedule(.workerStart(index), after: restartAfter)
    }

    mutating func workerConnected(_ index: Int) {
        if network.isDispatcherOnline {
            send(.dispatcherStatus(isOnline: true), from: .worker(index), to: .worker(index), qos: .atLeastOnce)
        }
        workerHandles(.connected, index)
    }

    mutating func workerDisconnected(_ index: Int) { workerHandles(.disconnected, index) }

    mutating func workerReceived(_ packet: Packet, _ index: Int) {
        guard workers[index].core != nil else { return }
        if workers[index].hungUntil > now { return workers[index].inbox.append(packet) }
        switch packet {
        case .task(let task):
            let key = TaskKey(dispatcher: Self.dispatcherID, lease: task.lease)
            guard workers[index].held[key] == nil else { return }
            workers[index].held[key] = SimulatedWorker.Held(task: task)
            workerHandles(.taskReceived(key, for: task.incarnation), index)
        case .cancelTask(let lease):
            workerHandles(.cancelled(TaskKey(dispatcher: Self.dispatcherID, lease: lease)), index)
        case .dispatcherStatus(let isOnline): if isOnline { sendStats(index) }
        default: break
        }
    }

    mutating func workerHandles(_ event: WorkerEvent, _ index: Int) {
        guard let actions = workers[index].core?.handle(event) else { return }
        for action in actions { workerPerforms(action, index) }
    }

    private mutating func workerPerforms(_ action: WorkerAction, _ index: Int) {
        switch action {
        case .announce: announce(index)
        case .start(let key): start(key, index)
        case .send(let key): sendResult(key, index)
        case .refuse(let key, let code):
            guard let task = workers[index].held.removeValue(forKey: key)?.task else { return }
            let word = SimulatedResult.RefusalWord(rawValue: code.rawValue) ?? .busy
            respond(task, .refused(word), index)
        case .abandon(let key): workers[index].held[key] = nil
        case .drained:
            setStatus(of: index, isOnline: false)
            network.connections[1 + index].number = 0
            workers[index].core = nil
            schedule(.workerStart(index), after: randomDuration(.milliseconds(100), .seconds(10)))
        }
    }

    private mutating func announce(_ index: Int) {
        guard let core = workers[index].core else { return }
        let birth = WorkerBirth(
            incarnation: core.incarnation, slots: core.slots, prefetch: core.prefetch, isDraining: core.isDraining,
            leases: core.leases)
        network.infos[index] = birth
        send(
            .workerInfo(worker: index, birth, isRetained: false), from: .worker(index), to: .dispatcher,
            qos: .atLeastOnce)
        network.statuses[index] = true
        send(.workerStatus(worker: index, isOnline: true), from: .worker(index), to: .dispatcher, qos: .atLeastOnce)
    }

    private mutating func start(_ key: TaskKey, _ index: Int) {
        guard let task = workers[index].held[key]?.task else { return }
        let work = task.job < 0 ? Duration.milliseconds(1) : jobs[task.job].work
        var seconds = work.inSeconds / workers[index].speed * .random(in: 0.9...1.3, using: &peerRandom)
        if workers[index].slowUntil > now { seconds *= 50 }
        let end = max(now, workers[index].hungUntil).advanced(by: .nanoseconds(Int64(seconds * 1e9)))
        schedule(.computed(worker: index, life: workers[index].life, key.lease), at: end)
    }

    mutating func computed(_ index: Int, _ life: UInt64, _ lease: LeaseToken) {
        guard workers[index].core != nil, workers[index].life == life else { return }
        if workers[index].hungUntil > now {
            return schedule(.computed(worker: index, life: life, lease), at: workers[index].hungUntil)
        }
        workerHandles(.taskComputed(TaskKey(dispatcher: Self.dispatcherID, lease: lease), succeeded: true), index)
    }

    private mutating func sendResult(_ key: TaskKey, _ index: Int) {
        guard let task = workers[index].held[key]?.task else { return }
        if workers[index].liesUntil > now {
            lie(task, index)
        } else {
            guard respond(task, .partial(partial(task)), index) else {
                return workerHandles(.sendFailed(key), index)
            }
        }
        workers[index].held[key] = nil
    }

    private func partial(_ task: SimulatedTask) -> UInt64 {
        task.job < 0 ? SimulatedTask.probePartial : jobs[task.job].partial(task.shard)
    }

    @discardableResult
    private mutating func respond(_ task: SimulatedTask, _ outcome: SimulatedResult.Outcome, _ index: Int) -> Bool {
        send(
            .result(SimulatedResult(worker: index, task: task, outcome: outcome)), from: .worker(index),
            to: .dispatcher, qos: .atMostOnce)
    }

    /// One of the ways of a worker that is broken or hostile; what counts of it must be seen through.
    private mutating func lie(_ task: SimulatedTask, _ index: Int) {
        let wrong = SimulatedResult.Outcome.partial(peerRandom.next())
        switch Int.random(in: 0..<4, using: &peerRandom) {
        case 0: respond(task, .garbage, index)
        case 1:
            let honest = SimulatedResult.Outcome.partial(partial(task))
            respond(task, honest, index)
            respond(task, honest, index)
        case 2:
            // Of an earlier epoch, of another lease, of another life.
            for lease in [
                LeaseToken(epoch: task.lease.epoch &- 1, number: task.lease.number),
                LeaseToken(epoch: task.lease.epoch, number: task.lease.number &+ 1000),
            ] {
                let forged = SimulatedTask(
                    lease: lease, incarnation: task.incarnation, job: task.job, shard: task.shard)
                respond(forged, wrong, index)
            }
            let reborn = SimulatedTask(
                lease: task.lease, incarnation: Incarnation(task.incarnation.number &+ 1), job: task.job,
                shard: task.shard)
            respond(reborn, wrong, index)
            respond(task, .garbage, index)
        default: break  // says nothing
        }
    }

    mutating func beat(_ index: Int, _ life: UInt64) {
        guard workers[index].core != nil, workers[index].life == life else { return }
        schedule(.heartbeat(worker: index, life: life), after: Self.heartbeat)
        if workers[index].hungUntil <= now { sendStats(index) }
    }

    private mutating func sendStats(_ index: Int) {
        guard let core = workers[index].core else { return }
        send(
            .workerStats(worker: index, core.incarnation, leases: core.leases), from: .worker(index), to: .dispatcher,
            qos: .atMostOnce)
    }

    /// Stopped until then; goes on with what has piled up.
    mutating func resume(_ index: Int) {
        guard workers[index].core != nil, workers[index].hungUntil <= now else { return }
        let inbox = workers[index].inbox
        workers[index].inbox = []
        for packet in inbox { workerReceived(packet, index) }
    }
}
