public import Fleet
import DequeModule
import HeapModule

/// The dispatcher's core: which shard goes to which worker when, and when a job has ended.
///
/// Events in, actions out. No clock, socket, randomness or thread: time comes with each event and jitter from a
/// seed, so that a simulation runs this very code. Tensors are the shell's; the core knows shards by their number.
///
/// Promises: a job ends exactly once; each shard of a finished job was kept exactly once; a result counts only under
/// a lease still held; a worker never has more leases than credits.
public struct Scheduler: Sendable {
    let settings: SchedulerSettings
    let epoch: UInt64
    var random: SeededGenerator

    var jobs: [JobID: JobRecord] = [:]
    var workers: [PeerID: WorkerRecord] = [:]
    var leases: [LeaseToken: Lease] = [:]
    var ready = Heap<ReadyEntry>()
    var timers = Heap<TimerEntry>()
    /// Workers that may have credit, longest waiting first.
    var line = Deque<PeerID>()
    var liveWorkers = 0
    var lastLease: UInt64 = 0
    var lastSequence: UInt64 = 0
    var isConnected = true
    /// When the connection to the broker was last made.
    var connectedSince = Instant(nanoseconds: .min)
    /// Lives of workers that were lost with leases, and what they held, while any job runs.
    var losses: [PeerID: Loss] = [:]
    var isDraining = false
    var actions: [SchedulerAction] = []
    public internal(set) var counters = SchedulerCounters()

    /// - Parameters:
    ///   - epoch: this dispatcher life's number, greater than any earlier one's; fences off results of earlier lives.
    ///   - seed: of the jitter in back-offs.
    public init(epoch: UInt64, seed: UInt64, settings: SchedulerSettings = SchedulerSettings()) {
        self.epoch = epoch
        self.settings = settings
        random = SeededGenerator(seed: seed)
    }

    /// Takes one event in; returns what is to be done about it.
    public mutating func handle(_ event: SchedulerEvent, at now: Instant) -> [SchedulerAction] {
        switch event {
        case .workerInfo(let worker, let birth, let live): workerInfo(worker, birth, live: live, now)
        case .workerStatus(let worker, let online): workerStatus(worker, online: online, now)
        case .heartbeat(let worker, let incarnation, let leases): heartbeat(worker, incarnation, leases, now)
        case .jobSubmitted(let submission): submit(submission, now)
        case .jobCancelled(let id): endJob(id, .failed(JobError(.cancelled, "the job was cancelled")))
        case .taskEnded(let end): taskEnded(end, now)
        case .sendFailed(let token): sendFailed(token, now)
        case .connectionLost: connectionLost()
        case .connectionRestored: connectionRestored(now)
        case .drain: isDraining = true
        case .tick: break
        }
        fireTimers(now)
        assign(now)
        if isDraining, jobs.isEmpty { actions.append(.drained) }
        defer { actions = [] }
        return actions
    }

    /// When `tick` is next needed; nil if nothing waits for time to pass.
    public var nextTimer: Instant? { timers.min?.due }

    public var tables: SchedulerTables {
        SchedulerTables(jobs: jobs.count, leases: leases.count, ready: ready.count, workers: workers.count)
    }

    /// The shard that a worker holds under a lease; nil if the lease has ended, or is another's.
    public func shard(under lease: LeaseToken, at worker: PeerID) -> ShardKey? {
        leases[lease].flatMap { $0.worker == worker ? $0.key : nil }
    }

    /// Slots of all live workers, for sizing a plan.
    public var liveSlots: Int {
        workers.values.reduce(0) { $0 + ($1.isLive ? $1.birth?.slots ?? 0 : 0) }
    }

    mutating func note(_ note: SchedulerNote) { actions.append(.note(note)) }

    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }
}
