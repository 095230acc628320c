import Dispatcher
import Fleet
import Worker

/// The dispatcher's shell: what `DispatcherService` does, without tensors.
extension ScaleWorld {
    /// Messages of the dispatcher to itself, on a way that is still empty.
    mutating func measureBroker() {
        var probe = EchoProbe()
        var now = 0.0
        var burst = probe.start(at: now)
        while let size = burst.first?.count {
            let (broker, link) = (settings.broker.seconds(size), settings.dispatcherLink.seconds(size))
            now += broker + 2 * (link + settings.latency.inSeconds)
            var next: [[UInt8]] = []
            for (index, echo) in burst.enumerated() {
                if index > 0 { now += max(broker, link) }
                guard let heard = probe.received(echo, at: now) else { return }
                if let finding = heard.finding { dispatcher.meter.record(finding) }
                // The next are sent as these are back.
                next = heard.next
            }
            burst = next
        }
    }

    mutating func dispatcherHeard(birthOf worker: Int) {
        let (id, state) = (workerIDs[worker], workers[worker])
        let birth = WorkerBirth(
            incarnation: state.core.incarnation, slots: state.core.slots, prefetch: state.core.prefetch)
        dispatcher.meter.born(id, memory: 0, contextBytes: state.kind.contextBytes)
        dispatcher.contexts.born(id, birth.incarnation, budget: state.kind.contextBytes)
        dispatcherHandles(.fleet(.workerInfo(id, birth, live: true)))
        dispatcherHandles(.fleet(.workerStatus(id, online: true)))
    }

    mutating func dispatcherHeard(heartbeatOf worker: Int, _ leases: [LeaseToken]) {
        report.heartbeats += now >= Self.start ? 1 : 0
        dispatcher.meter.told(workerIDs[worker], ["attention": workers[worker].kind.speed])
        dispatcherHandles(
            .fleet(.heartbeat(workerIDs[worker], workers[worker].core.incarnation, leases: leases)))
    }

    mutating func dispatcherGot(request job: Int) {
        let ticket = JobTicket(
            id: id(job), digest: UInt64(job), bytes: settings.requestBytes,
            deadline: now.advanced(by: .seconds(86_400)), client: "client-\(job)")
        dispatcherHandles(.requested(ticket, JobWaiter(.topic("answer-\(job)", correlation: nil), wantsUpdates: false)))
    }

    mutating func dispatcherGot(result task: ScaleTask, _ queued: Double, _ computed: Double) {
        let id = workerIDs[task.worker]
        var end = TaskEnd(worker: id, incarnation: task.incarnation, lease: task.lease, outcome: .done)
        if let key = dispatcher.core.shard(under: task.lease, at: id), let start = dispatcher.core.start(of: task.lease)
        {
            let sent = dispatcher.jobs[number(key.job)]?.sent[key.shard] ?? (bytes: 0, departed: 0)
            let elapsed = start.duration(to: now).inSeconds
            end.transit = .seconds(max(elapsed - queued - computed, 0))
            dispatcher.meter.record(
                FleetMeter.Observation(
                    flops: task.flops, shape: ShapeClass(kind: 0, flops: task.flops),
                    taskBytes: sent.bytes, resultBytes: task.resultBytes + Self.headerBytes, departed: sent.departed,
                    received: seconds, queued: queued, computed: computed),
                at: id)
        }
        dispatcherHandles(.fleet(.taskEnded(end)))
    }

    mutating func dispatcherHandles(_ event: DispatcherEvent) {
        var events = [event]
        while let event = events.popLast() {
            recording.events.append((event, now))
            let actions = dispatcher.core.handle(event, at: now)
            recording.actions += actions.count
            for action in actions {
                if let reply = perform(action) { events.append(reply) }
            }
        }
        setTimer()
    }

    private mutating func setTimer() {
        guard let next = dispatcher.core.nextTimer else { return }
        let due = max(next, now)
        guard dispatcher.timer.map({ due < $0 }) ?? true else { return }
        dispatcher.timer = due
        schedule(.dispatcherTimer, at: due)
    }

    mutating func dispatcherTimer() {
        // One that was set before an earlier one is moot.
        guard dispatcher.timer == now else { return }
        dispatcher.timer = nil
        dispatcherHandles(.tick)
    }

    private mutating func perform(_ action: DispatcherAction) -> DispatcherEvent? {
        switch action {
        case .prepare(let id): return prepare(number(id))
        case .send(let assignment): sendTask(assignment)
        case .cancelTask(let worker, let lease):
            let worker = workerNumbers[worker] ?? 0
            send(
                .cancel(worker: worker, lease), Self.controlBytes,
                through: [.dispatcher, .dispatcherOut, .broker, .workerIn(worker)])
        case .keep(let key):
            precondition(dispatcher.jobs[number(key.job)]?.isKept[key.shard] == false, "no shard is kept twice")
            dispatcher.jobs[number(key.job)]?.isKept[key.shard] = true
            dispatcher.jobs[number(key.job)]?.done += 1
        case .conclude(let id, let outcome): conclude(number(id), outcome)
        case .deliver(let id, _):
            let bytes = settings.problem.outputBytes + Self.headerBytes
            send(.answer(job: number(id)), bytes, through: [.dispatcher] + ways([.dispatcherOut, .broker]))
        case .refuse(let id, _, _):
            dispatcher.jobs[number(id)] = nil
            report.jobsRefused += 1
            jobEnded()
        case .note(.workerLost(let id, _)): dispatcher.contexts.forget(id)
        default: break
        }
        return nil
    }

    /// Requests and answers have no way where the client is the dispatcher.
    func ways(_ places: [ScaleMessage.Place]) -> [ScaleMessage.Place] { settings.isDirect ? [] : places }

    private mutating func prepare(_ number: Int) -> DispatcherEvent {
        let problem = settings.problem
        let start = gauges.processorSeconds()
        do throws(JobError) {
            let slots = dispatcher.core.liveSlots
            let shape = ShapeClass(kind: 0, flops: problem.flops / Double(max(slots, 1)))
            let limits = PlanLimits(slots: slots, messageBytes: settings.messageBytes, wire: settings.wire)
            let profile = dispatcher.meter.profile(
                dispatcher.core.loads, shape, underWay: (dispatcher.jobs.count, dispatcher.bytesUnderWay))
            let fleetPlan = try planAttention(problem, fleet: profile, limits: limits)
            let plan: AttentionPlan
            if let fleetPlan { plan = fleetPlan.plan } else { plan = try planAttention(problem, limits: limits) }
            report.planning.append(gauges.processorSeconds() - start)
            _ = processor.work(settings.planningSecondsPerWorker * Double(profile.workers.count), at: now)
            dispatcher.jobs[number] = ScaleDispatcher.Job(
                plan: plan, repeated: plan.repeatedContexts(problem), messageBytes: fleetPlan?.timeline.bytes ?? 0,
                sent: Array(repeating: (bytes: 0, departed: 0), count: plan.shards.count),
                isKept: Array(repeating: false, count: plan.shards.count))
            let most = plan.shards.reduce(0) { max($0, problem.flops(of: $1)) }
            return .prepared(
                id(number),
                PreparedJob(
                    shards: plan.shards.count, outputBytes: problem.outputBytes,
                    leaseDuration: leaseDuration(flops: most, residentBytes: 0),
                    shapeClass: ShapeClass(kind: 0, flops: most),
                    reservations: fleetPlan?.reservations ?? Reservations(),
                    transit: fleetPlan?.timeline.longestTransit ?? .zero))
        } catch {
            return .unfit(id(number), error)
        }
    }

    private mutating func sendTask(_ assignment: Assignment) {
        let (job, shard) = (number(assignment.key.job), assignment.key.shard)
        guard let plan = dispatcher.jobs[job]?.plan, let worker = workerNumbers[assignment.worker] else { return }
        let problem = settings.problem
        var bytes = problem.taskBytes(of: plan.shards[shard], wire: settings.wire) + Self.headerBytes
        if let digest = contextDigest(job, shard, for: assignment.worker) {
            let place = plan.shards[shard].context(of: problem)
            if dispatcher.contexts.has(digest, assignment.worker) {
                bytes -= problem.keyValueBytes(
                    kvHeads: place.kvHeads.count, keys: place.keys.count, wire: settings.wire)
            } else {
                dispatcher.contexts.sent(
                    digest, bytes: bytes, lease: assignment.lease.number, to: assignment.worker)
            }
        }
        let departed = dispatcher.meter.departure(bytes: bytes, at: seconds)
        dispatcher.jobs[job]?.sent[shard] = (bytes, departed)
        report.tasks += 1
        let task = ScaleTask(
            worker: worker, incarnation: assignment.incarnation, lease: assignment.lease,
            flops: problem.flops(of: plan.shards[shard]), resultBytes: problem.resultBytes(of: plan.shards[shard]))
        send(.task(task), bytes, through: [.dispatcher, .dispatcherOut, .broker, .workerIn(worker)])
    }

    /// Names the keys and values that the shard shares with others of its worker; for a digest, of which there are no bytes here,
    /// job and place stand.
    private func contextDigest(_ job: Int, _ shard: Int, for worker: PeerID) -> BlobDigest? {
        guard dispatcher.contexts.keepsContexts(worker), let held = dispatcher.jobs[job] else { return nil }
        let place = held.plan.shards[shard].context(of: settings.problem)
        guard held.repeated.contains(place) else { return nil }
        let numbers = [
            UInt64(job), UInt64(place.batch) << 32 | UInt64(place.kvHeads.lowerBound), UInt64(place.keys.lowerBound),
            UInt64(place.kvHeads.count) << 32 | UInt64(place.keys.count),
        ]
        return BlobDigest(
            bytes: numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } })
    }

    private mutating func conclude(_ number: Int, _ outcome: JobOutcome) {
        let job = dispatcher.jobs.removeValue(forKey: number)
        guard outcome == .done else { return }
        precondition(job?.isKept.contains(false) == false, "every shard of a job that is done was kept")
    }

    private var seconds: Double { Instant.origin.duration(to: now).inSeconds }

    func id(_ job: Int) -> JobID { JobID("job-\(job)")! }

    func number(_ id: JobID) -> Int { Int(id.text.dropFirst("job-".count)) ?? 0 }
}
