import Dispatcher
import Fleet

/// Watches a simulation from outside: sees only what the core is told and what it says, what reaches the disk and the
/// clients, and keeps books of its own about what must hold. A few operations for each event.
struct Auditor {
    /// A worker as the core was told of it.
    struct WorkerView {
        var incarnation: Incarnation?
        var credits = 0
        var isOnline = false
        var isDraining = false
        var isSetAside = false
        var leases = 0
    }

    struct LeaseView {
        let worker: PeerID
        let incarnation: Incarnation
        let job: Int
        let shard: Int
    }

    struct JobView {
        var ticket: JobTicket?
        /// In this life: has been read or loaded, and has not ended.
        var isOpen = false
        var kept: [Bool] = []
        var leases: [[UInt64]] = []
        var lastWorkers: [PeerID?] = []
        /// The answers that were laid out and stored, over all lives, until forgotten.
        var storedEnds = 0
        var answer: SimulatedAnswer.Content?
        var wasWithdrawn = false
        var gaveUp = false
    }

    let settings: SimulationSettings
    let jobs: [SimulatedJob]
    let numbers: [JobID: Int]
    var violations: [Violation] = []
    var workers: [PeerID: WorkerView] = [:]
    var leases: [UInt64: LeaseView] = [:]
    var views: [JobView]
    var epoch: UInt64 = 0
    var isConnected = false
    /// The result that came with the event in hand.
    var result: TaskEnd?

    init(_ settings: SimulationSettings, _ jobs: [SimulatedJob]) {
        self.settings = settings
        self.jobs = jobs
        numbers = Dictionary(uniqueKeysWithValues: jobs.enumerated().map { ($1.id, $0) })
        views = Array(repeating: JobView(), count: jobs.count)
    }

    mutating func violate(_ invariant: Violation.Invariant, _ detail: String) {
        guard violations.count < 16 else { return }
        violations.append(Violation(invariant: invariant, detail: detail))
    }

    // MARK: Lives

    mutating func dispatcherStarted(epoch: UInt64, recovered: [(Int, RecoveredJob)]) {
        self.epoch = epoch
        workers = [:]
        leases = [:]
        isConnected = true
        for job in views.indices {
            views[job].isOpen = false
            views[job].ticket = nil
        }
        for (job, recovered) in recovered {
            views[job].ticket = recovered.ticket
            if case .accepted = recovered.state { views[job].isOpen = true }
        }
    }

    mutating func dispatcherEnded() {
        leases = [:]
        for job in views.indices { views[job].leases = [] }
    }

    // MARK: The core's events

    mutating func before(_ event: DispatcherEvent, _ now: Instant) {
        switch event {
        case .requested(let ticket, _):
            let job = number(ticket.id)
            if views[job].ticket == nil, ticket.digest == jobs[job].nonce { views[job].ticket = ticket }
        case .prepared(let id, let prepared): begin(number(id), shards: prepared.shards)
        case .fleet(let event): before(event)
        default: break
        }
    }

    private mutating func begin(_ job: Int, shards: Int) {
        views[job].isOpen = true
        views[job].kept = Array(repeating: false, count: shards)
        views[job].leases = Array(repeating: [], count: shards)
        views[job].lastWorkers = Array(repeating: nil, count: shards)
    }

    private mutating func before(_ event: SchedulerEvent) {
        switch event {
        case .workerInfo(let id, let birth, _):
            if let known = workers[id]?.incarnation, birth.incarnation < known { return }
            workers[id, default: WorkerView()].incarnation = birth.incarnation
            workers[id]?.credits = birth.slots + birth.prefetch
            workers[id]?.isDraining = birth.isDraining
        case .workerStatus(let id, let isOnline):
            workers[id, default: WorkerView()].isOnline = isOnline
            // It announces itself anew: until then nothing is known of it.
            if !isOnline { workers[id]?.incarnation = nil }
        case .heartbeat(let id, let incarnation, _):
            if isConnected, workers[id]?.incarnation == incarnation { workers[id]?.isOnline = true }
        case .taskEnded(let end): result = end
        case .connectionLost:
            isConnected = false
            for id in workers.keys { workers[id]?.isOnline = false }
        case .connectionRestored: isConnected = true
        default: break
        }
    }

    mutating func after() { result = nil }

    // MARK: The core's actions

    mutating func take(_ action: DispatcherAction, _ now: Instant, _ journal: SimulatedJournal) {
        switch action {
        case .send(let assignment): sent(assignment)
        case .probe(let probe): probed(probe)
        case .cancelTask(_, let lease): end(lease.number)
        case .keep(let key): kept(key)
        case .accepted(let id, _): accepted(number(id), journal)
        case .conclude(let id, let outcome): concluded(number(id), outcome, now)
        case .unload(let id), .discard(let id): dropped(number(id))
        case .note(let note): take(note)
        default: break
        }
    }

    private mutating func sent(_ assignment: Assignment) {
        let (job, shard, id) = (number(assignment.key.job), assignment.key.shard, assignment.worker)
        if assignment.lease.epoch != epoch { violate(.stale, "a lease of epoch \(assignment.lease.epoch)") }
        guard let worker = workers[id], worker.isOnline, !worker.isDraining, !worker.isSetAside, isConnected,
            worker.incarnation == assignment.incarnation
        else { return violate(.unfitWorker, "\(id) gets shard \(shard) of \(assignment.key.job)") }
        if worker.leases >= worker.credits { violate(.credits, "\(id) has \(worker.leases) already") }
        workers[id]?.leases += 1
        guard views[job].isOpen, shard < views[job].kept.count else {
            return violate(.endedTwice, "job \(assignment.key.job) is worked on after its end")
        }
        if views[job].kept[shard] { violate(.mergedTwice, "shard \(shard) is sent again though it is done") }
        let others = views[job].leases[shard].compactMap { leases[$0]?.worker }
        if others.count > (assignment.isHedge ? 1 : 0) || others.contains(id) {
            violate(.leases, "shard \(shard) of \(assignment.key.job) is at \(others), and goes to \(id)")
        }
        if views[job].lastWorkers[shard] == id, othersLive(than: id) {
            violate(.twiceInARow, "shard \(shard) of \(assignment.key.job) goes to \(id) again")
        }
        views[job].lastWorkers[shard] = id
        views[job].leases[shard].append(assignment.lease.number)
        leases[assignment.lease.number] = LeaseView(
            worker: id, incarnation: assignment.incarnation, job: job, shard: shard)
    }

    private func othersLive(than id: PeerID) -> Bool {
        workers.contains {
            $0.key != id && $0.value.isOnline && !$0.value.isDraining && !$0.value.isSetAside
                && $0.value.incarnation != nil
        }
    }

    private mutating func probed(_ probe: Probe) {
        guard let worker = workers[probe.worker], worker.isOnline, worker.isSetAside,
            worker.incarnation == probe.incarnation
        else { return violate(.unfitWorker, "\(probe.worker) is probed") }
        if worker.leases > 0 { violate(.credits, "\(probe.worker) is probed while it has leases") }
    }

    private mutating func kept(_ key: ShardKey) {
        let job = number(key.job)
        guard let result, result.outcome == .done, result.lease.epoch == epoch,
            let lease = leases[result.lease.number], lease.worker == result.worker,
            lease.incarnation == result.incarnation, lease.job == job, lease.shard == key.shard
        else { return violate(.stale, "shard \(key.shard) of \(key.job) is kept without a lease on it") }
        if views[job].kept[key.shard] { violate(.mergedTwice, "shard \(key.shard) of \(key.job)") }
        views[job].kept[key.shard] = true
    }

    private mutating func accepted(_ job: Int, _ journal: SimulatedJournal) {
        guard jobs[job].isDurable else { return }
        if journal.entries[job] == nil { violate(.acceptedBeforeStored, "\(jobs[job].id)") }
    }

    private mutating func concluded(_ job: Int, _ outcome: JobOutcome, _ now: Instant) {
        if !views[job].isOpen { violate(.endedTwice, "\(jobs[job].id) ends without having begun") }
        if outcome == .done, views[job].kept.contains(false) { violate(.missing, "\(jobs[job].id) has lost a shard") }
        if let deadline = views[job].ticket?.deadline, outcome == .done, deadline < now {
            violate(.deadline, "\(jobs[job].id) ends after \(deadline)")
        }
        dropped(job)
        views[job].ticket = nil
    }

    private mutating func dropped(_ job: Int) {
        views[job].isOpen = false
        for number in views[job].leases.joined() { end(number) }
        views[job].leases = []
    }

    private mutating func take(_ note: SchedulerNote) {
        switch note {
        case .shardDone(let key, let worker, _), .shardRetried(let key, let worker, _, _):
            let job = number(key.job)
            guard key.shard < views[job].leases.count else { return }
            for number in views[job].leases[key.shard] where leases[number]?.worker == worker { end(number) }
        case .workerSetAside(let id, _, _): workers[id, default: WorkerView()].isSetAside = true
        case .workerTrusted(let id): workers[id]?.isSetAside = false
        case .workerLost(let id, .silent): workers[id]?.isOnline = false
        default: break
        }
    }

    private mutating func end(_ number: UInt64) {
        guard let lease = leases.removeValue(forKey: number) else { return }
        workers[lease.worker]?.leases -= 1
        if lease.shard < views[lease.job].leases.count {
            views[lease.job].leases[lease.shard].removeAll { $0 == number }
        }
    }

    // MARK: The disk and the clients

    mutating func committed(_ operation: JournalOperation) {
        switch operation.kind {
        case .store:
            views[operation.job].storedEnds = 0
            views[operation.job].answer = nil
        case .end(let content, _):
            views[operation.job].storedEnds += 1
            if views[operation.job].storedEnds > 1 { violate(.endedTwice, "\(jobs[operation.job].id) on disk") }
            views[operation.job].answer = content
        default: break
        }
    }

    mutating func answered(_ job: Int, _ sums: [UInt64]) {
        if sums != jobs[job].oracle() { violate(.wrongAnswer, "\(jobs[job].id)") }
    }

    mutating func delivered(_ answer: SimulatedAnswer) {
        let job = answer.job
        switch answer.content {
        case .done(let sums): answered(job, sums)
        case .failed, .accepted: break
        }
        if jobs[job].isDurable, let stored = views[job].answer, stored != answer.content, !isConflict(answer.content) {
            violate(.answersDiffer, "\(jobs[job].id): \(answer.content), and \(stored) is stored")
        }
    }

    private func isConflict(_ content: SimulatedAnswer.Content) -> Bool {
        if case .failed(let error) = content { return error.code == .conflict || error.code == .cancelled }
        return false
    }

    mutating func withdrew(_ job: Int) { views[job].wasWithdrawn = true }

    mutating func gaveUp(_ job: Int) {
        views[job].gaveUp = true
        // A durable job has ten minutes, more than all faults together take.
        if jobs[job].isDurable { violate(.lostJob, "the client of \(jobs[job].id) has waited in vain") }
    }

    private func number(_ id: JobID) -> Int { numbers[id] ?? 0 }
}
