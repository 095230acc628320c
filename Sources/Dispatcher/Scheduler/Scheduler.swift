public import Fleet
import HeapModule

/// Which shard goes to which worker when, and when a job has ended.
///
/// Events in, actions out. No clock, socket, randomness or thread: time comes with each event and jitter from a
/// seed, so that a simulation runs this very code. Tensors are the shell's; jobs are admitted before they come here.
///
/// Promises: a job ends exactly once; each shard of a finished job was kept exactly once; a result counts only under
/// a lease still held; a worker never has more leases than credits; a shard has two leases at most, at two workers.
public struct Scheduler: Sendable {
    let settings: SchedulerSettings
    let epoch: UInt64
    var random: SeededGenerator

    var jobs = JobTable()
    var workers = WorkerTable()
    /// Every lease out, by its number.
    var leases: [UInt64: Lease] = [:]
    var ready = ReadyQueue()
    var timers = Heap<TimerEntry>()
    var idle = WorkerLine(.idle)
    var spare = WorkerLine(.spare)
    var residency = ResidencyTable()
    /// Workers that may have credit for a shard that is reserved for them.
    var toServe: Set<Int> = []
    var liveWorkers = 0
    /// Slots of all live workers, for sizing a plan.
    public internal(set) var liveSlots = 0
    /// Workers whose heaps of reserved shards are not empty, or were not of late.
    var reservedAt: Set<Int> = []
    /// Shards of running jobs that are not done.
    var openShards = 0
    var lastLease: UInt64 = 0
    var lastSequence: UInt64 = 0
    /// Leases granted since the shard that had waited longest was given one.
    var grantsSinceElder = 0
    var isConnected = true
    /// When the connection to the broker was last made.
    var connectedSince = Instant(nanoseconds: .min)
    /// Lives of workers that were lost with leases, and what they held, while any job runs.
    var losses: [PeerID: Loss] = [:]
    var setAside: [PeerID: SetAside] = [:]
    /// Workers that hold a probe, by its lease's number.
    var probes: [UInt64: PeerID] = [:]
    /// Of all workers, by shape class.
    var latencies: [ShapeClass: LatencyDigest] = [:]
    /// Of all workers' tasks and results: they share the broker.
    var transits = TransitWatch()
    var hedgeBudget: HedgeBudget
    var actions: [SchedulerAction] = []
    public internal(set) var counters = SchedulerCounters()

    /// - Parameters:
    ///   - epoch: this dispatcher life's number, greater than any earlier one's; fences off results of earlier lives.
    ///   - seed: of the jitter in back-offs.
    public init(epoch: UInt64, seed: UInt64, settings: SchedulerSettings = SchedulerSettings()) {
        self.epoch = epoch
        self.settings = settings
        random = SeededGenerator(seed: seed)
        hedgeBudget = HedgeBudget(settings)
    }

    /// Takes one event in; returns what is to be done about it.
    public mutating func handle(_ event: SchedulerEvent, at now: Instant) -> [SchedulerAction] {
        switch event {
        case .workerInfo(let worker, let birth, let live): workerInfo(worker, birth, live: live, now)
        case .workerStatus(let worker, let online): workerStatus(worker, online: online, now)
        case .heartbeat(let worker, let incarnation, let leases): heartbeat(worker, incarnation, leases, now)
        case .jobSubmitted(let submission): submit(submission, now)
        case .jobCancelled(let id, let error): cancel(id, error, now)
        case .taskEnded(let end): taskEnded(end, now)
        case .sendFailed(let token): sendFailed(token, now)
        case .connectionLost: connectionLost()
        case .connectionRestored: connectionRestored(now)
        case .tick: break
        }
        fireTimers(now)
        assign(now)
        defer { actions = [] }
        return actions
    }

    /// When `tick` is next needed; nil if nothing waits for time to pass.
    public var nextTimer: Instant? { timers.min?.due }

    public var tables: SchedulerTables {
        SchedulerTables(
            jobs: jobs.count, leases: leases.count, ready: ready.count, workers: workers.count, setAside: setAside.count
        )
    }

    /// The shard that a worker holds under a lease; nil if the lease has ended, or is another's.
    public func shard(under token: LeaseToken, at worker: PeerID) -> ShardKey? {
        guard let lease = lease(token), workers[lease.worker].id == worker else { return nil }
        return key(lease)
    }

    /// Whether a worker holds a probe under a lease.
    public func isProbe(_ token: LeaseToken, at worker: PeerID) -> Bool {
        token.epoch == epoch && probes[token.number] == worker
    }

    func lease(_ token: LeaseToken) -> Lease? { token.epoch == epoch ? leases[token.number] : nil }

    func key(_ lease: Lease) -> ShardKey { ShardKey(job: jobs[lease.job].submission.id, shard: lease.shard) }

    func token(_ number: UInt64) -> LeaseToken { LeaseToken(epoch: epoch, number: number) }

    mutating func note(_ note: SchedulerNote) { actions.append(.note(note)) }

    mutating func nextSequence() -> UInt64 {
        lastSequence += 1
        return lastSequence
    }
}
