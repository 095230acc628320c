import Codecs
public import Fleet
public import Logging

/// A dispatcher: the shell around `Scheduler`, on any transport.
///
/// Jobs come in from the job topic and from callers in this process; tasks go out, partials come back, answers leave.
/// One child task reads the transport, one publishes; a timer wakes the scheduler when it asked for it.
public actor DispatcherService {
    /// What the publishing loop takes.
    enum Outgoing: Sendable {
        case message(Message)
        /// A task, and its lease: given back if it cannot be sent.
        case task(Message, LeaseToken)
        /// An answer: if it does not fit through the broker, its client is told so instead.
        case answer(Message, JobID)
        /// Everything before it is handed over: `run` may end.
        case end
    }

    let options: DispatcherOptions
    let topics: FleetTopics
    let transport: any Transport
    let logger: Logger
    let clock = ContinuousClock()
    let start: ContinuousClock.Instant
    private let onBirth: @Sendable () -> Void

    var scheduler: Scheduler
    var jobs: [JobID: RunningJob] = [:]
    var jobBytes = 0
    var answers: AnswerStore
    private var wasBorn = false
    private var timer: Task<Void, Never>?
    private var timerDue: Instant?
    /// Bounded by the workers' credits (tasks), the admitted jobs (answers) and their shards (progress).
    let outgoing = AsyncStream<Outgoing>.makeStream()
    private let drained = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))

    /// - Parameter onBirth: called once, when the dispatcher's birth is handed over to be published.
    public init(
        _ options: DispatcherOptions, transport: any Transport, logger: Logger,
        onBirth: @escaping @Sendable () -> Void = {}
    ) {
        self.options = options
        self.transport = transport
        self.logger = logger
        self.onBirth = onBirth
        topics = FleetTopics(fleet: options.fleet)
        scheduler = Scheduler(epoch: options.epoch, seed: options.epoch, settings: options.scheduler)
        answers = AnswerStore(maxBytes: options.answerBytes, lifetime: options.answerLifetime)
        start = clock.now
    }

    /// Works until drained, cancelled, or the transport is closed. Jobs still running then are failed.
    public func run() async throws(TransportError) {
        try await transport.subscribe(topics.dispatcherSubscriptions(options.id))
        let (outgoing, drained) = (outgoing.stream, drained.stream)
        await withDiscardingTaskGroup { group in
            group.addTask { await self.receive() }
            group.addTask { for await item in outgoing { await self.publish(item) } }
            for await _ in drained { break }
            group.cancelAll()
        }
        timer?.cancel()
        for id in jobs.keys.sorted(by: { $0.text < $1.text }) { handle(.jobCancelled(id)) }
    }

    /// Takes no more jobs, finishes those under way, then lets `run` end.
    public func drain() {
        logger.info("draining", metadata: ["jobs": "\(jobs.count)"])
        handle(.drain)
    }

    /// Sizes of the tables; all but `workers` are zero when no job runs.
    public var tables: SchedulerTables { scheduler.tables }

    /// Slots of all live workers.
    public var liveSlots: Int { scheduler.liveSlots }

    /// Jobs whose data is held.
    public var runningJobs: Int { jobs.count }

    public var counters: SchedulerCounters { scheduler.counters }

    var now: Instant { Instant.origin.advanced(by: start.duration(to: clock.now)) }
}

// MARK: - Events in

extension DispatcherService {
    private func receive() async {
        for await event in transport.events {
            switch event {
            case .connected:
                announce()
                handle(.connectionRestored)
            case .disconnected(let reason):
                logger.warning("no connection to the broker, trying again", metadata: ["reason": "\(reason)"])
                handle(.connectionLost)
            case .message(let message): received(message)
            }
        }
        // The transport is closed: nothing more can come or go.
        drained.continuation.yield()
    }

    private func received(_ message: Message) {
        do {
            switch topics.parse(message.topic) {
            case .job: received(job: message)
            case .result(let worker, options.id): received(result: try ResultMessage(decoding: message.payload), worker)
            case .workerStatus(let worker):
                let presence = message.payload.isEmpty ? .offline : try Presence(decoding: message.payload)
                handle(.workerStatus(worker, online: presence == .online))
            case .workerInfo(let worker):
                guard !message.payload.isEmpty else { return handle(.workerStatus(worker, online: false)) }
                let info = try WorkerInfo(decoding: message.payload)
                let birth = WorkerBirth(
                    incarnation: info.incarnation, slots: info.slots, prefetch: info.prefetch,
                    isDraining: info.isDraining, leases: Set(info.leases))
                handle(.workerInfo(worker, birth, live: !message.retain))
            case .workerStats(let worker):
                let stats = try WorkerStats(decoding: message.payload)
                handle(.heartbeat(worker, stats.incarnation, leases: Set(stats.leases)))
            default: break
            }
        } catch {
            logger.warning("message refused", metadata: ["topic": "\(message.topic)", "reason": "\(error)"])
        }
    }

    private func received(result: ResultMessage, _ worker: PeerID) {
        var partial: ReceivedPartial?
        let outcome: TaskEnd.Outcome
        switch result.status {
        case .refused(let code): outcome = .refused(code: code)
        case .failed(let code, let reason): outcome = .failed(code: code, message: reason)
        case .done:
            // A stale result is not worth looking into: the scheduler drops it.
            if let key = scheduler.shard(under: result.lease, at: worker) {
                do throws(InvalidPartial) {
                    partial = try validated(result, key)
                    outcome = .done
                } catch {
                    outcome = .invalid(reason: error.description)
                }
            } else {
                outcome = .done
            }
        }
        handle(
            .taskEnded(
                TaskEnd(worker: worker, incarnation: result.incarnation, lease: result.lease, outcome: outcome)),
            partial: partial)
    }

    func handle(_ event: SchedulerEvent, partial: ReceivedPartial? = nil) {
        for action in scheduler.handle(event, at: now) { perform(action, partial) }
        setTimer()
    }

    private func setTimer() {
        let due = scheduler.nextTimer
        guard due != timerDue else { return }
        timerDue = due
        timer?.cancel()
        guard let due else { return }
        let wake = start.advanced(by: Instant.origin.duration(to: due))
        timer = Task { [clock] in
            do { try await clock.sleep(until: wake) } catch { return }
            self.timerFired()
        }
    }

    private func timerFired() {
        timerDue = nil
        handle(.tick)
    }
}

// MARK: - Actions out

extension DispatcherService {
    private func perform(_ action: SchedulerAction, _ partial: ReceivedPartial?) {
        switch action {
        case .send(let assignment): send(assignment)
        case .cancel(let worker, let lease):
            outgoing.continuation.yield(
                .message(
                    Message(
                        topic: topics.control(worker: worker, dispatcher: options.id),
                        payload: Control.cancel(lease).encoded(), qos: .atLeastOnce, contentType: "application/json",
                        expiry: 60)))
        case .keep(let key): if let partial { keep(partial, key) }
        case .finish(let id, let outcome): finish(id, outcome)
        case .refuse(let id, let error): refuse(id, error)
        case .note(let note): took(note)
        case .drained: outgoing.continuation.yield(.end)
        }
    }

    private func announce() {
        let info: JSON = [
            "protocol": .string(ProtocolVersion.current), "incarnation": JSON(options.epoch),
            "version": .string(options.version),
        ]
        outgoing.continuation.yield(
            .message(
                Message(
                    topic: topics.dispatcherInfo(options.id), payload: info.encoded(), qos: .atLeastOnce, retain: true,
                    contentType: "application/json")))
        outgoing.continuation.yield(.message(Presence.online.message(topic: topics.dispatcherStatus(options.id))))
    }

    private func publish(_ item: Outgoing) async {
        switch item {
        case .message(let message): await publish(message) { _ in }
        case .task(let message, let lease): await publish(message) { _ in self.handle(.sendFailed(lease)) }
        case .answer(let message, let job): await publish(message) { self.answerFailed(message, job, $0) }
        case .end: drained.continuation.yield()
        }
    }

    private func publish(_ message: Message, onError: (TransportError) -> Void) async {
        do throws(TransportError) {
            try await transport.publish(message)
            if !wasBorn, message.topic == topics.dispatcherStatus(options.id) {
                wasBorn = true
                onBirth()
            }
        } catch {
            if error.code != .notConnected {
                logger.warning("publish failed", metadata: ["topic": "\(message.topic)", "reason": "\(error)"])
            }
            onError(error)
        }
    }
}
