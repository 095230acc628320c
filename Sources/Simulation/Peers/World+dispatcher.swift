import Dispatcher
import Fleet

/// The dispatcher's shell: what `DispatcherService` does, without tensors.
extension World {
    mutating func startDispatcher() {
        guard dispatcher.core == nil else { return }
        let life = dispatcher.life + 1
        dispatcher = SimulatedDispatcher()
        dispatcher.life = life
        counters.dispatcherLives += 1
        let recovered = sabotage?.found(journal.recovered) ?? journal.recovered
        tell("the dispatcher starts its life \(life), with \(recovered.count) jobs in its journal")
        dispatcher.core = CoreRecording.core(life: life, settings, recovered: recovered, at: now)
        auditor.dispatcherStarted(epoch: life, recovered: recovered.map { (jobNumbers[$0.ticket.id] ?? 0, $0) })
        dispatcherHandles(.tick)
        connect(.dispatcher)
    }

    /// - Parameter isKilled: what was on its way to the disk may or may not have arrived.
    mutating func endDispatcher(isKilled: Bool, restartAfter: Duration) {
        guard let core = dispatcher.core else { return }
        addCounters(of: core)
        if isKilled { settleWrites() }
        dispatcher.core = nil
        dispatcher.assemblies = [:]
        dispatcher.answers = [:]
        auditor.dispatcherEnded()
        disconnect(.dispatcher)
        schedule(.dispatcherStart, after: restartAfter)
    }

    mutating func addCounters(of core: DispatcherCore) {
        counters.tasks += core.counters.tasksSent
        counters.hedges += core.counters.hedges
        counters.hedgesWon += core.counters.hedgesWon
        counters.retries += core.counters.shardsRetried
        counters.resultsDropped += core.counters.resultsDropped
        counters.workersSetAside += core.counters.workersSetAside
    }

    /// Of each job's writes some first ones are done.
    private mutating func settleWrites() {
        var stopped: Set<Int> = []
        for write in dispatcher.writes where !stopped.contains(write.job) {
            guard Bool.random(using: &peerRandom) else {
                stopped.insert(write.job)
                continue
            }
            _ = commitNow(write)
        }
        dispatcher.writes = []
    }

    mutating func dispatcherConnected() {
        // Retained messages come once it has subscribed, which it has before it is told.
        dispatcherHandles(.fleet(.connectionRestored))
        setDispatcherStatus(isOnline: true)
        for worker in workers.indices {
            if let isOnline = network.statuses[worker] {
                deliver(.workerStatus(worker: worker, isOnline: isOnline), from: .dispatcher, to: .dispatcher)
            }
            if let birth = network.infos[worker] {
                deliver(.workerInfo(worker: worker, birth, isRetained: true), from: .dispatcher, to: .dispatcher)
            }
        }
    }

    mutating func dispatcherDisconnected() { dispatcherHandles(.fleet(.connectionLost)) }

    mutating func dispatcherReceived(_ packet: Packet) {
        switch packet {
        case .workerStatus(let worker, let isOnline):
            dispatcherHandles(.fleet(.workerStatus(workerIDs[worker], online: isOnline)))
        case .workerInfo(let worker, let birth, let isRetained):
            dispatcherHandles(.fleet(.workerInfo(workerIDs[worker], birth, live: !isRetained)))
        case .workerStats(let worker, let incarnation, let leases):
            dispatcherHandles(.fleet(.heartbeat(workerIDs[worker], incarnation, leases: leases)))
        case .result(let result): received(result)
        case .request(let job, let client, let isOther): requested(job, client, isOther: isOther)
        case .withdraw(let job, let client): dispatcherHandles(.withdrawn(jobs[job].id, route(client)))
        case .release(let job, let client): dispatcherHandles(.released(jobs[job].id, route(client)))
        default: break
        }
    }

    private func route(_ client: Int) -> JobWaiter.Route { .topic("client-\(client)", correlation: nil) }

    private mutating func requested(_ number: Int, _ client: Int, isOther: Bool) {
        let job = jobs[number]
        let ticket = JobTicket(
            id: job.id, digest: job.nonce ^ (isOther ? 1 : 0), bytes: job.requestBytes, priority: job.priority,
            isDurable: job.isDurable, deadline: now.advanced(by: job.timeout), client: "client-\(client)")
        dispatcherHandles(.requested(ticket, JobWaiter(route(client), wantsUpdates: true)))
    }

    private mutating func received(_ result: SimulatedResult) {
        let outcome: TaskEnd.Outcome
        var partial: UInt64?
        switch result.outcome {
        case .partial(let sum) where dispatcher.core?.isProbe(result.task.lease, at: workerIDs[result.worker]) == true:
            outcome = sum == SimulatedTask.probePartial ? .done : .invalid(reason: "not what the probe's inputs give")
        case .partial(let sum):
            partial = sum
            outcome = .done
        case .garbage: outcome = .invalid(reason: "garbage")
        case .refused(let word): outcome = .refused(code: word.rawValue)
        }
        // What a worker says of its own time may be wrong: at most, all of it was spent on the way.
        let transit = dispatcher.core?.start(of: result.task.lease).map { $0.duration(to: now) } ?? .zero
        let end = TaskEnd(
            worker: workerIDs[result.worker], incarnation: result.task.incarnation, lease: result.task.lease,
            outcome: outcome, transit: transit)
        dispatcherHandles(.fleet(.taskEnded(end)), partial: partial)
    }

    // MARK: The core

    mutating func dispatcherTimer(_ life: UInt64) {
        // One that was set before an earlier one is moot.
        guard dispatcher.life == life, dispatcher.core != nil, dispatcher.timer == now else { return }
        dispatcher.timer = nil
        dispatcherHandles(.tick)
    }

    mutating func dispatcherHandles(_ event: DispatcherEvent, partial: UInt64? = nil) {
        var events = [event]
        while let event = events.popLast() {
            guard dispatcher.core != nil else { return }
            counters.schedulerEvents += 1
            tell(event.words)
            recording?.events.append((event, now))
            auditor.before(event, now)
            for action in actions(on: event) {
                tell("    " + action.words)
                auditor.take(action, now, journal)
                if let reply = dispatcherDoes(action, partial) { events.append(reply) }
                // Killed in the middle of it.
                guard dispatcher.core != nil else { return }
            }
            auditor.after(now)
            look()
        }
        setTimer()
    }

    private mutating func actions(on event: DispatcherEvent) -> [DispatcherAction] {
        guard let sabotage else {
            let actions = dispatcher.core?.handle(event, at: now) ?? []
            recording?.actions += actions.count
            return actions
        }
        let told = sabotage.told(self, event)
        let actions = dispatcher.core?.handle(told, at: now.advanced(by: .zero - sabotage.lag)) ?? []
        if dispatcher.core != nil { sabotage.spoiled(&dispatcher.core!) }
        return sabotage.said(self, actions)
    }

    private mutating func dispatcherDoes(_ action: DispatcherAction, _ partial: UInt64?) -> DispatcherEvent? {
        if burnFuse() { return nil }
        guard let sabotage else { return dispatcherPerforms(action, partial) }
        return sabotage.done(self, action).reduce(nil) { $0 ?? dispatcherPerforms($1, partial) }
    }

    /// Kills the dispatcher if a fault wants it dead at this action.
    private mutating func burnFuse() -> Bool {
        guard let fuse = dispatcher.fuse else { return false }
        dispatcher.fuse?.actions -= 1
        guard fuse.actions <= 0 else { return false }
        tell("the dispatcher is killed before it has done that")
        endDispatcher(isKilled: true, restartAfter: fuse.restartAfter)
        return true
    }

    private mutating func setTimer() {
        guard sabotage?.lag ?? .zero == .zero else { return }
        guard let next = dispatcher.core?.nextTimer else { return }
        let due = max(next, now)
        guard dispatcher.timer.map({ due < $0 }) ?? true else { return }
        dispatcher.timer = due
        schedule(.dispatcherTimer(life: dispatcher.life), at: due)
    }

    /// Looks through the core's tables: each time while they are small, else now and then.
    private mutating func look() {
        let isSmall = settings.workers + settings.jobs <= settings.smallTables
        guard isSmall || counters.schedulerEvents % 65_536 == 0, let core = dispatcher.core else { return }
        for violation in core.invariantViolations(at: now) { auditor.violate(.tables, violation) }
    }

    private mutating func dispatcherPerforms(_ action: DispatcherAction, _ partial: UInt64?) -> DispatcherEvent? {
        switch action {
        case .prepare(let id): return prepared(number(id))
        case .load(let id): write(number(id), .load)
        case .store(let ticket, let waiters): write(number(ticket.id), .store(ticket, waiters))
        case .storeWaiters(let id, let waiters): write(number(id), .setWaiters(waiters))
        case .unload(let id), .discard(let id): dispatcher.assemblies[number(id)] = nil
        case .send(let assignment): send(assignment)
        case .probe(let probe):
            dispatch(
                SimulatedTask(lease: probe.lease, incarnation: probe.incarnation, job: -1, shard: 0), probe.worker)
        case .cancelTask(let worker, let lease):
            send(.cancelTask(lease), from: .dispatcher, to: .worker(number(worker)), qos: .atLeastOnce)
        case .keep(let key): if let partial { keep(partial, key) }
        case .accepted(let id, let waiter): answer(number(id), waiter, .accepted)
        case .refuse(let id, let waiter, let error): answer(number(id), waiter, .failed(error))
        case .conclude(let id, let outcome): conclude(number(id), outcome)
        case .storeAnswer(let id, let until):
            if let content = dispatcher.answers[number(id)] { write(number(id), .end(content, keepUntil: until)) }
        case .deliver(let id, let waiters): deliver(number(id), waiters)
        case .dropAnswer(let id): dispatcher.answers[number(id)] = nil
        case .forget(let id): write(number(id), .forget)
        case .note: break
        case .drained: endDispatcher(isKilled: false, restartAfter: randomDuration(.milliseconds(10), .seconds(3)))
        }
        return nil
    }

    private func number(_ id: JobID) -> Int { jobNumbers[id] ?? 0 }

    private func number(_ id: PeerID) -> Int { workerNumbers[id] ?? 0 }

    private mutating func prepared(_ number: Int) -> DispatcherEvent {
        let job = jobs[number]
        return .prepared(
            job.id,
            PreparedJob(
                shards: job.shards, shardsPerStage: job.shardsPerStage, outputBytes: job.outputBytes,
                leaseDuration: .seconds(10),
                shapeClass: ShapeClass(kind: 0, flops: job.work.inSeconds * 1e9), residencyKeys: job.residencyKeys,
                reservations: job.reservations(settings)))
    }

    private mutating func send(_ assignment: Assignment) {
        let task = SimulatedTask(
            lease: assignment.lease, incarnation: assignment.incarnation, job: number(assignment.key.job),
            shard: assignment.key.shard)
        dispatch(task, assignment.worker)
    }

    private mutating func dispatch(_ task: SimulatedTask, _ worker: PeerID) {
        // The core sends nothing while it knows that there is no connection; a failure found out later is a loss.
        send(.task(task), from: .dispatcher, to: .worker(number(worker)), qos: .atMostOnce)
    }

    private mutating func keep(_ partial: UInt64, _ key: ShardKey) {
        let job = number(key.job)
        dispatcher.assemblies[job, default: SymbolicAssembly(jobs[job])].take(partial, shard: key.shard, of: jobs[job])
    }

    private mutating func conclude(_ number: Int, _ outcome: JobOutcome) {
        let assembly = dispatcher.assemblies.removeValue(forKey: number)
        switch outcome {
        case .done:
            let sums = assembly?.sums ?? []
            auditor.answered(number, sums)
            dispatcher.answers[number] = .done(sums)
        case .failed(let error): dispatcher.answers[number] = .failed(error)
        }
    }

    private mutating func deliver(_ number: Int, _ waiters: [JobWaiter]) {
        guard let content = dispatcher.answers[number] else { return write(number, .deliver(waiters)) }
        for waiter in waiters { answer(number, waiter, content) }
    }

    private mutating func answer(_ number: Int, _ waiter: JobWaiter, _ content: SimulatedAnswer.Content) {
        guard case .topic(let topic, _) = waiter.route, let client = Int(topic.dropFirst("client-".count)) else {
            return
        }
        let answer = SimulatedAnswer(job: number, client: client, content: content)
        send(.answer(answer), from: .dispatcher, to: clientPeer(client), qos: .atLeastOnce)
    }

    // MARK: The disk

    private mutating func write(_ job: Int, _ kind: JournalOperation.Kind) {
        let operation = JournalOperation(job: job, kind: kind)
        let at = max(now, dispatcher.busyUntil[job] ?? now).advanced(
            by: randomDuration(.microseconds(100), .milliseconds(20)))
        dispatcher.busyUntil[job] = at
        dispatcher.writes.append(operation)
        schedule(.journalCommit(life: dispatcher.life, operation), at: at)
    }

    private mutating func commitNow(_ operation: JournalOperation) -> Bool {
        guard journal.commit(operation, outputBytes: jobs[operation.job].outputBytes) else { return false }
        auditor.committed(operation)
        return true
    }

    mutating func commit(_ operation: JournalOperation, _ life: UInt64) {
        guard dispatcher.life == life, dispatcher.core != nil else { return }
        let job = operation.job
        if let first = dispatcher.writes.firstIndex(where: { $0.job == job }) { dispatcher.writes.remove(at: first) }
        if let until = dispatcher.busyUntil[job], until <= now { dispatcher.busyUntil[job] = nil }
        let isDone = commitNow(operation)
        let id = jobs[job].id
        switch operation.kind {
        case .store:
            let error = JobError(.journal, "the disk is full", retryAfter: .seconds(1))
            dispatcherHandles(.stored(id, isDone ? nil : error))
        case .end: dispatcherHandles(.answerStored(id, isKept: isDone))
        case .load: dispatcherHandles(prepared(job))
        case .deliver(let waiters):
            if let content = journal.entries[job]?.end?.content {
                for waiter in waiters { answer(job, waiter, content) }
            }
        case .setWaiters, .forget: break
        }
    }
}
