import DequeModule
public import Fleet
import HeapModule

/// The dispatcher's core: what becomes of each request, from its coming to the end of its answer's keeping.
///
/// Events in, actions out; no clock, socket, randomness or thread. It admits jobs, lets repeated requests join them or
/// have their kept answer, sees durable ones into the journal and back out of it, and owns the `Scheduler`, which does the
/// leasing. Payloads are the shell's; the core knows jobs by their ticket.
///
/// Promises: a durable job is accepted only once the journal has it, and ends exactly once, over all lives of the
/// dispatcher; what is held in memory and in the journal stays within `AdmissionSettings`.
public struct DispatcherCore: Sendable {
    let admission: AdmissionSettings
    var scheduler: Scheduler
    var entries: [JobID: JobEntry] = [:]
    var memory = Usage()
    var journal = Usage()
    /// Bytes of requests on their way into the journal.
    var storingBytes = 0
    var backlog = Heap<BacklogEntry>()
    /// Entries that wait in the backlog.
    var waiting = 0
    var timers = Heap<CoreTimer>()
    /// Answers of transient jobs that are kept, oldest first.
    var kept = Deque<(id: JobID, sequence: UInt64)>()
    var keptBytes = 0
    var pace = Pace()
    var lastSequence: UInt64 = 0
    var isDraining = false
    /// When a drained dispatcher no longer waits for its jobs.
    var drainDeadline: Instant?
    var isDrained = false
    var actions: [DispatcherAction] = []

    /// - Parameters:
    ///   - epoch: this dispatcher life's number, greater than any earlier one's; fences off results of earlier lives.
    ///   - seed: of the jitter in back-offs.
    ///   - recovered: what the journal has, in the order of acceptance. The first `tick` sets it going.
    public init(
        epoch: UInt64, seed: UInt64, admission: AdmissionSettings = AdmissionSettings(),
        scheduler: SchedulerSettings = SchedulerSettings(), recovered: [RecoveredJob] = [], at now: Instant
    ) {
        self.admission = admission
        self.scheduler = Scheduler(epoch: epoch, seed: seed, settings: scheduler)
        for job in recovered { recover(job, now) }
    }

    /// Takes one event in; returns what is to be done about it.
    public mutating func handle(_ event: DispatcherEvent, at now: Instant) -> [DispatcherAction] {
        switch event {
        case .requested(let ticket, let waiter): requested(ticket, waiter, now)
        case .prepared(let id, let job): prepared(id, job, now)
        case .unfit(let id, let error): unfit(id, error, now)
        case .stored(let id, let error): stored(id, error, now)
        case .answerStored(let id, let isKept): answerStored(id, isKept: isKept, now)
        case .withdrawn(let id, let route): withdrawn(id, route, now)
        case .released(let id, let route): released(id, route)
        case .fleet(let event): schedule(event, now)
        case .drain: drain(now)
        case .tick: schedule(.tick, now)
        }
        fireTimers(now)
        loadBacklog(now)
        tellIfDrained()
        defer { actions = [] }
        return actions
    }

    /// When `tick` is next needed; nil if nothing waits for time to pass.
    public var nextTimer: Instant? {
        // Asked after every event: without an array.
        var next = scheduler.nextTimer
        if let due = timers.min?.due { next = next.map { min($0, due) } ?? due }
        if let due = drainDeadline, !isDrained { next = next.map { min($0, due) } ?? due }
        return next
    }

    /// The shard that a worker holds under a lease; nil if the lease has ended, or is another's.
    public func shard(under lease: LeaseToken, at worker: PeerID) -> ShardKey? {
        scheduler.shard(under: lease, at: worker)
    }

    /// Whether a worker holds a probe under a lease.
    public func isProbe(_ lease: LeaseToken, at worker: PeerID) -> Bool { scheduler.isProbe(lease, at: worker) }

    /// Those who wait for a job's answer.
    public func waiters(of id: JobID) -> [JobWaiter] { entries[id]?.waiters ?? [] }

    /// Slots of all live workers, for sizing a plan.
    public var liveSlots: Int { scheduler.liveSlots }

    /// Live workers and what each has yet to do, for planning a job: all of a fleet, or some of one that is larger than any job
    /// needs.
    public var loads: [WorkerLoad] { scheduler.loads(most: Self.mostPlannedFor) }

    /// A plan for so many takes a few milliseconds; no job is known to gain by more.
    static let mostPlannedFor = 4096

    /// When a lease still held was granted.
    public func start(of lease: LeaseToken) -> Instant? { scheduler.start(of: lease) }

    public var counters: SchedulerCounters { scheduler.counters }

    public var tables: DispatcherTables {
        let kept = entries.values.count { $0.phase == .kept }
        return DispatcherTables(
            scheduler: scheduler.tables, jobs: entries.count - kept, waiting: waiting, kept: kept,
            jobsInMemory: memory.total.jobs, bytesInMemory: memory.total.bytes, jobsInJournal: journal.total.jobs,
            bytesInJournal: journal.total.bytes)
    }

    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }

    /// Lets the scheduler take an event in, and passes on what it says.
    mutating func schedule(_ event: SchedulerEvent, _ now: Instant) {
        for action in scheduler.handle(event, at: now) {
            switch action {
            case .send(let assignment): actions.append(.send(assignment))
            case .probe(let probe): actions.append(.probe(probe))
            case .cancel(let worker, let lease): actions.append(.cancelTask(worker: worker, lease: lease))
            case .keep(let key): actions.append(.keep(key))
            case .finish(let id, let outcome): finished(id, outcome, now)
            case .note(let note): actions.append(.note(note))
            }
        }
    }
}
