import AttnMath
import Codecs
import Compute
import Transformer
public import Fleet
public import Logging

/// A worker: the shell around `WorkerCore`, on any transport.
///
/// Tasks in, partials out. Kernels run on threads of their own, one a slot; reading, sending and beating are one child
/// task each.
public actor WorkerService {
    /// A task the core holds: its input until computed, its result until sent.
    private struct HeldTask {
        let task: WorkerTask
        let received: ContinuousClock.Instant
        let cancel = CancelFlag()
        var result: [UInt8]?
    }

    /// What the publishing loop takes.
    private enum Outgoing: Sendable {
        case message(Message)
        case result(Message, TaskKey)
        /// Everything before it is handed over: `run` may end.
        case end

        var topic: String {
            switch self {
            case .message(let message), .result(let message, _): message.topic
            case .end: "none: the end"
            }
        }
    }

    private let options: WorkerOptions
    private let topics: FleetTopics
    private let transport: any Transport
    private let logger: Logger
    private let pool: ComputePool<EncoderWorkspace>
    private let models: ModelStore
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let onBirth: @Sendable () -> Void

    private var core: WorkerCore
    private var held: [TaskKey: HeldTask] = [:]
    /// Keys and values for tasks to come.
    private var contexts: ContextCache
    private var wasBorn = false
    /// What heartbeats tell of `models`.
    private var readyModels: [BlobDigest] = []
    /// As measured at the start.
    private var speeds: [String: Double] = [:]
    /// Never longer than the tasks held, plus refusals; above the bound refusals are lost, as messages may be.
    private let outgoing = AsyncStream<Outgoing>.makeStream(bufferingPolicy: .bufferingOldest(8192))
    /// Messages in `outgoing`, the one that is being published included.
    private var outgoingMessages = 0
    /// Tasks of models to compute; never longer than the slots.
    private let starts = AsyncStream<TaskKey>.makeStream()
    /// Blocks that were computed; never longer than the slots.
    private let computed = AsyncStream<ComputedBlock>.makeStream()
    private let drained = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
    private let born = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))

    /// - Parameter onBirth: called once, when the worker's birth is handed over to be published.
    public init(
        _ options: WorkerOptions, transport: any Transport, logger: Logger,
        onBirth: @escaping @Sendable () -> Void = {}
    ) {
        self.options = options
        self.transport = transport
        self.logger = logger
        self.onBirth = onBirth
        topics = FleetTopics(fleet: options.fleet)
        start = clock.now
        contexts = ContextCache(budget: options.contextBytes)
        core = WorkerCore(incarnation: options.incarnation, slots: options.slots, prefetch: options.prefetch)
        let pool = ComputePool(threads: options.slots) { EncoderWorkspace() }
        self.pool = pool
        models = ModelStore(options, pool, logger: logger) { [topics] dispatcher, request in
            let message = Message(
                topic: topics.fetch(worker: options.id, dispatcher: dispatcher), payload: request.encoded(),
                contentType: "application/json")
            // What is lost is asked for again.
            do { try await transport.publish(message) } catch {
                logger.debug("not asked for a part", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Works until drained, cancelled, or the transport is closed.
    public func run() async throws(TransportError) {
        try await transport.subscribe(topics.workerSubscriptions(options.id))
        let (outgoing, starts, drained) = (outgoing.stream, starts.stream, drained.stream)
        let computed = computed.stream
        await withDiscardingTaskGroup { group in
            group.addTask { await self.receive() }
            group.addTask { await self.beat() }
            group.addTask { await self.measureSpeed() }
            group.addTask { for await item in outgoing { await self.publish(item) } }
            group.addTask {
                await withDiscardingTaskGroup { computations in
                    for await key in starts { computations.addTask { await self.compute(key) } }
                }
            }
            group.addTask { for await block in computed { await self.end(block) } }
            for await _ in drained { break }
            group.cancelAll()
        }
        for task in held.values { task.cancel.set() }
    }

    /// Finishes what is held, takes nothing new, then lets `run` end.
    public func drain() {
        logger.info("draining", metadata: ["held": "\(held.count)"])
        handle(.drain)
    }
}

// MARK: - Events in

extension WorkerService {
    private func receive() async {
        for await event in transport.events {
            switch event {
            case .connected: handle(.connected)
            case .disconnected(let reason):
                logger.warning("no connection to the broker, trying again", metadata: ["reason": "\(reason)"])
                handle(.disconnected)
            case .message(let message): received(message)
            }
        }
        // The transport is closed: nothing more can come or go.
        drained.continuation.yield()
    }

    private func received(_ message: Message) {
        do {
            switch topics.parse(message.topic) {
            case .task(options.id, let dispatcher): try received(task: message.payload, from: dispatcher)
            case .control(options.id, let dispatcher):
                switch try Control(decoding: message.payload) {
                case .cancel(let lease): handle(.cancelled(TaskKey(dispatcher: dispatcher, lease: lease)))
                case .drain: drain()
                }
            case .part(options.id, _):
                let part = try BlobPart(decoding: message.payload)
                models.received(part)
            case .dispatcherStatus:
                // Connected anew, it asks itself which of its tasks are still held here.
                if try Presence(decoding: message.payload) == .online { sendStats() }
            default: break
            }
        } catch {
            logger.warning("message refused", metadata: ["topic": "\(message.topic)", "reason": "\(error)"])
        }
    }

    private func received(task payload: [UInt8], from dispatcher: PeerID) throws(MessageError) {
        let task: WorkerTask
        do throws(MessageError) {
            task = try WorkerTask(decoding: payload) { contexts.find($0, of: dispatcher, at: now) }
        } catch {
            return try answerInvalid(payload, error, from: dispatcher)
        }
        let key = TaskKey(dispatcher: dispatcher, lease: task.header.lease)
        guard held[key] == nil else { return }
        held[key] = HeldTask(task: task, received: clock.now)
        handle(.taskReceived(key, for: task.header.incarnation))
        if held[key] != nil, case .attention(let task) = task { contexts.keep(task.context, of: dispatcher, at: now) }
    }

    private var now: Instant { Instant.origin.advanced(by: start.duration(to: clock.now)) }

    /// A task whose header can be read is answered, whatever is wrong with it; one that cannot is only logged by the caller.
    private func answerInvalid(
        _ payload: [UInt8], _ error: MessageError, from dispatcher: PeerID
    ) throws(MessageError) {
        let header = try TaskMessage.header(of: payload)
        guard held[TaskKey(dispatcher: dispatcher, lease: header.lease)] == nil else { return }
        send(to: dispatcher) { () throws(SafetensorsError) in
            error.code == .missing
                ? try ResultMessage.encodeRefused(header, code: error.code.rawValue)
                : try ResultMessage.encodeFailed(header, code: error.code.rawValue, reason: error.message)
        }
    }

    private func handle(_ event: WorkerEvent) {
        for action in core.handle(event) { perform(action) }
    }
}

// MARK: - Actions out

extension WorkerService {
    private func perform(_ action: WorkerAction) {
        switch action {
        case .announce: announce()
        case .start(let key): start(key)
        case .send(let key): sendResult(key)
        case .refuse(let key, let code):
            guard let task = held.removeValue(forKey: key)?.task else { return }
            send(to: key.dispatcher) { () throws(SafetensorsError) in
                try ResultMessage.encodeRefused(task.header, code: code.rawValue)
            }
        case .abandon(let key): held.removeValue(forKey: key)?.cancel.set()
        case .drained: queue(.end)
        }
    }

    private func announce() {
        let info = WorkerInfo(
            incarnation: options.incarnation, version: options.version, slots: options.slots,
            prefetch: options.prefetch, memory: MachineFacts.memory,
            contextBytes: UInt64(options.contextBytes), instructionSet: options.kernel.variant.rawValue,
            labels: options.labels, isDraining: core.isDraining, leases: core.leases)
        enqueue(
            Message(
                topic: topics.workerInfo(options.id), payload: info.encoded(), qos: .atLeastOnce, retain: true,
                contentType: "application/json"))
        enqueue(Presence.online.message(topic: topics.workerStatus(options.id)))
    }

    private func sendResult(_ key: TaskKey) {
        guard let payload = held[key]?.result else { return }
        enqueue(message(to: key.dispatcher, payload), result: key)
    }

    private func send(to dispatcher: PeerID, _ encode: () throws(SafetensorsError) -> [UInt8]) {
        do {
            enqueue(message(to: dispatcher, try encode()))
        } catch {
            logger.error("a result could not be laid out", metadata: ["reason": "\(error)"])
        }
    }

    private func message(to dispatcher: PeerID, _ payload: [UInt8]) -> Message {
        Message(
            topic: topics.result(worker: options.id, dispatcher: dispatcher), payload: payload,
            contentType: JobAnswer.contentType)
    }

    /// Has a message published: at once if none waits before it, else by the publishing loop, which also tells what came of those
    /// that cannot be published.
    private func enqueue(_ message: Message, result: TaskKey? = nil) {
        if outgoingMessages == 0, wasBorn, transport.publishAtOnce(message) {
            if let result { held[result] = nil }
            return
        }
        queue(result.map { .result(message, $0) } ?? .message(message))
    }

    /// Leaves it to the publishing loop.
    private func queue(_ item: Outgoing) {
        if case .dropped = outgoing.continuation.yield(item) {
            logger.warning("too much to send: a message is lost", metadata: ["topic": "\(item.topic)"])
        } else {
            outgoingMessages += 1
        }
    }

    private func publish(_ item: Outgoing) async {
        // Until it is handed over it waits, and whatever comes after it with it.
        defer { outgoingMessages -= 1 }
        switch item {
        case .message(let message): await publish(message)
        case .result(let message, let key): await publish(message, result: key)
        case .end:
            // The last result may have come back unsent; the core says so again once it has gone.
            if core.leases.isEmpty { drained.continuation.yield() }
        }
    }

    private func publish(_ message: Message, result: TaskKey? = nil) async {
        do throws(TransportError) {
            try await transport.publish(message)
            if let result { held[result] = nil }
            if !wasBorn, message.topic == topics.workerStatus(options.id) {
                wasBorn = true
                born.continuation.finish()
                onBirth()
            }
        } catch {
            switch (error.code, result) {
            case (.notConnected, let key?): handle(.sendFailed(key))
            case (.tooLarge, let key?): replaceByFailure(key, error)
            // Why there is no connection has been told, once.
            case (.notConnected, nil): break
            default: logger.warning("publish failed", metadata: ["reason": "\(error.message)"])
            }
        }
    }

    /// A partial that the broker does not let through is a failure, and said to be one.
    private func replaceByFailure(_ key: TaskKey, _ error: TransportError) {
        guard let task = held.removeValue(forKey: key)?.task else { return }
        send(to: key.dispatcher) { () throws(SafetensorsError) in
            try ResultMessage.encodeFailed(task.header, code: error.code.rawValue, reason: error.message)
        }
    }
}

// MARK: - Work

extension WorkerService {
    /// Blocks go to a compute thread at once; a model may have to be fetched first.
    private func start(_ key: TaskKey) {
        guard let held = held[key], case .attention(let task) = held.task else {
            starts.continuation.yield(key)
            return
        }
        let computation = BlockComputation(task, kernel: options.kernel, cancel: held.cancel)
        let (clock, received, computed) = (clock, held.received, computed.continuation)
        pool.start { workspace in
            let start = clock.now
            let outcome = TaskOutcome(computation.run(&workspace.attention), of: task)
            let times = TaskTimes(queued: received.duration(to: start), compute: start.duration(to: clock.now))
            computed.yield(ComputedBlock(key: key, result: outcome.result(task.header, times)))
        }
    }

    private func end(_ block: ComputedBlock) { end(block.key, block.result) }

    private func end(_ key: TaskKey, _ result: TaskResult) {
        switch result {
        case .none: handle(.taskComputed(key, succeeded: false))
        case .message(let payload, let succeeded):
            held[key]?.result = payload
            handle(.taskComputed(key, succeeded: succeeded))
        case .unfit(let error):
            logger.error("a result could not be laid out", metadata: ["reason": "\(error)"])
            handle(.taskComputed(key, succeeded: false))
        }
    }

    private func compute(_ key: TaskKey) async {
        guard let held = held[key], case .model(let task) = held.task else { return end(key, .none) }
        let start = clock.now
        let outcome = await outcome(of: task, held.cancel, from: key.dispatcher)
        let times = TaskTimes(queued: held.received.duration(to: start), compute: start.duration(to: clock.now))
        end(key, outcome.result(task.header, times))
    }

    private func outcome(of task: ModelTask, _ cancel: CancelFlag, from dispatcher: PeerID) async -> TaskOutcome {
        let model: LoadedModel
        do { model = try await models.model(task.model, from: dispatcher) } catch {
            return .failed(code: "model", reason: "\(error)")
        }
        if !readyModels.contains(task.model) { readyModels = await models.digests }
        let computation = ModelComputation(task, model, cancel: cancel)
        return TaskOutcome(await pool.run { computation.run($0) })
    }

    /// Once born, so that nobody waits for it.
    private func measureSpeed() async {
        for await _ in born.stream { break }
        let kernel = options.kernel
        guard let speed = await pool.run({ SpeedProbe.attention(kernel, &$0.attention) }) else { return }
        speeds["attention"] = speed
        sendStats()
    }

    private func beat() async {
        while !Task.isCancelled {
            do { try await clock.sleep(for: options.heartbeat) } catch { return }
            contexts.dropUnused(since: now.advanced(by: .zero - options.contextLife))
            sendStats()
        }
    }

    private func sendStats() {
        let stats = WorkerStats(
            incarnation: options.incarnation, running: core.running, freeSlots: options.slots - core.running,
            leases: core.leases, tasksDone: core.counters.tasksDone, tasksFailed: core.counters.tasksFailed,
            tasksRefused: core.counters.tasksRefused, messagesDropped: transport.events.dropped,
            residentMemory: MachineFacts.residentMemory, load: MachineFacts.load, models: readyModels,
            speeds: speeds)
        enqueue(
            Message(
                topic: topics.workerStats(options.id), payload: stats.encoded(), contentType: "application/json",
                expiry: 15))
    }
}
