import Codecs
public import Fleet
public import Logging
import Triggers

/// A dispatcher: the shell around `DispatcherCore`, on any transport.
///
/// Jobs come in from the job topic and from callers in this process; tasks go out, partials come back, answers leave.
/// One child task reads the transport, one publishes, and one for each durable job talks to the journal; a timer wakes
/// the core when it asked for it.
public actor DispatcherService {
    let options: DispatcherOptions
    let topics: FleetTopics
    let transport: any Transport
    let journal: (any JobJournal)?
    let logger: Logger
    let clock = ContinuousClock()
    let start: ContinuousClock.Instant
    /// The same moment as `start`.
    let wallStart: WallTime
    let onBirth: @Sendable () -> Void

    var core: DispatcherCore
    /// The request that came with the event in hand.
    var incoming: JobRequest?
    /// Requests that were read, until their jobs end.
    var jobs: [JobID: RunningJob] = [:]
    /// Final answers that are laid out and in memory.
    var answers: [JobID: [UInt8]] = [:]
    /// What the probes out are to give; a worker holds one at a time.
    var probes: [PeerID: ProbeTask] = [:]
    /// Speeds and links, as observed.
    var meter = FleetMeter()
    var echo = EchoProbe()
    /// Time spent on tasks and results.
    var effort = Duration.zero
    /// What workers keep for tasks to come.
    var contexts = ContextBook()
    /// The dispatcher's own threads.
    var here: LocalWorker?
    /// Bounded by the credits of `here`.
    let hereWork = AsyncStream<(LocalWorker.Computation, LeaseToken)>.makeStream()
    /// Slices of models, of running jobs and of late.
    var slices = SliceStore()
    var localWaiters: [UInt64: AsyncStream<JobAnswer>.Continuation] = [:]
    var lastLocalWaiter: UInt64 = 0
    /// Journal work of a job that waits for the one under way.
    var journalQueues: [JobID: [JournalWork]] = [:]
    /// From sensors' messages to windows; nil without triggers.
    var triggers: TriggerPipeline?
    var windowBatches = WindowBatches()
    var triggerTimer = WakeTimer()
    var lastWindowJob: UInt64 = 0
    /// Bounded by the windows that the fleet takes at a time.
    let triggerWork = AsyncStream<TriggerWork>.makeStream()
    var wasBorn = false
    var timer = WakeTimer()
    let outgoing = AsyncStream<Outgoing>.makeStream()
    /// Payload bytes and messages in `outgoing`.
    var outgoingBytes = 0
    var outgoingMessages = 0
    /// Bounded by the jobs that the journal may hold.
    let journalWork = AsyncStream<JournalWork>.makeStream()
    let drained = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))

    /// - Parameters:
    ///   - journal: where durable jobs are kept; without one they are refused.
    ///   - recovered: what the journal had as it was opened, in the order of acceptance.
    ///   - onBirth: called once, when the dispatcher's birth is handed over to be published.
    public init(
        _ options: DispatcherOptions, transport: any Transport, journal: (any JobJournal)? = nil,
        recovered: [JournaledJob] = [], logger: Logger, onBirth: @escaping @Sendable () -> Void = {}
    ) {
        self.options = options
        self.transport = transport
        self.journal = journal
        self.logger = logger
        self.onBirth = onBirth
        let topics = FleetTopics(fleet: options.fleet)
        self.topics = topics
        start = clock.now
        let wallStart = WallTime.now
        self.wallStart = wallStart
        core = DispatcherCore(
            epoch: options.epoch, seed: options.epoch, admission: options.admission, scheduler: options.scheduler,
            recovered: recovered.map { RecoveredJob($0, topics, wallStart) }, at: .origin)
        if options.localThreads > 0 { here = LocalWorker(threads: options.localThreads, kernel: options.kernel) }
        if !options.triggers.isEmpty {
            triggers = TriggerPipeline(
                options.triggers, identity: HomeAssistantIdentity(fleet: options.fleet, dispatcher: options.id),
                settings: PipelineSettings(wallClockAtOrigin: wallStart.microseconds &* 1000))
        }
    }

    /// Works until drained, cancelled, or the transport is closed. Transient jobs still running then are failed.
    public func run() async throws(TransportError) {
        announceHere()
        try await transport.subscribe(topics.dispatcherSubscriptions(options.id, takesJobs: !options.isEmbedded))
        if let pipeline = triggers {
            try await transport.subscribe(pipeline.subscriptions + homeAssistantSubscriptions)
        }
        let (outgoing, journalWork, drained) = (outgoing.stream, journalWork.stream, drained.stream)
        let triggerWork = triggerWork.stream
        await withDiscardingTaskGroup { group in
            group.addTask { await self.receive() }
            group.addTask { for await item in outgoing { await self.publish(item) } }
            group.addTask {
                await withDiscardingTaskGroup { jobs in
                    for await work in journalWork { jobs.addTask { await self.perform(work) } }
                }
            }
            group.addTask {
                await withDiscardingTaskGroup { windows in
                    for await work in triggerWork { windows.addTask { await self.await(work) } }
                }
            }
            group.addTask { await self.publishStats() }
            group.addTask { await self.runHere() }
            self.handle(DispatcherEvent.tick)
            for await _ in drained { break }
            self.journalWork.continuation.finish()
            self.triggerWork.continuation.finish()
            self.hereWork.continuation.finish()
            group.cancelAll()
        }
        timer.cancel()
        triggerTimer.cancel()
        for waiter in localWaiters.values { waiter.finish() }
    }

    /// Takes no more jobs, finishes those under way, then lets `run` end.
    public func drain() async {
        let tables = core.tables
        logger.info("draining", metadata: ["jobs": "\(tables.jobs)"])
        handle(.drain)
        // Jobs that still come go to other dispatchers.
        do { try await transport.unsubscribe([topics.jobSubscription.filter]) } catch {
            logger.debug("still subscribed to jobs", metadata: ["reason": "\(error)"])
        }
    }

    /// Sizes of the tables.
    public var tables: DispatcherTables { core.tables }

    /// The live workers and what each has yet to do.
    public var loads: [WorkerLoad] { core.loads }

    /// Slots of all live workers.
    public var liveSlots: Int { core.liveSlots }

    /// Jobs whose data is held.
    public var runningJobs: Int { jobs.count }

    public var counters: SchedulerCounters { core.counters }

    var now: Instant { Instant.origin.advanced(by: start.duration(to: clock.now)) }

    func wallTime(_ instant: Instant) -> WallTime { wallStart.advanced(by: Instant.origin.duration(to: instant)) }
}
