import Dispatcher
import Fleet

/// A scheduler on a clock that tests move by hand, with short words for what happens to it.
struct SchedulerHarness {
    var scheduler: Scheduler
    var now = Instant.origin
    /// Everything the scheduler has asked for since the last `take`.
    var actions: [SchedulerAction] = []

    init(settings: SchedulerSettings = SchedulerSettings(), epoch: UInt64 = 7) {
        scheduler = Scheduler(epoch: epoch, seed: 1, settings: settings)
    }

    mutating func handle(_ event: SchedulerEvent) {
        actions += scheduler.handle(event, at: now)
    }

    mutating func join(_ name: String, slots: Int = 1, prefetch: Int = 0, incarnation: UInt64 = 1) {
        let birth = WorkerBirth(incarnation: Incarnation(incarnation), slots: slots, prefetch: prefetch)
        handle(.workerInfo(peer(name), birth, live: true))
        handle(.workerStatus(peer(name), online: true))
    }

    mutating func submit(
        _ name: String, shards: Int, lease: Duration = .seconds(10), timeout: Duration = .seconds(60),
        priority: Int = 0,
        shapeClass: ShapeClass = ShapeClass(number: 0), perStage: Int? = nil, keys: [UInt64] = [],
        reserved: [String] = [], reservedFor: Duration = .seconds(1)
    ) {
        handle(
            .jobSubmitted(
                JobSubmission(
                    id: job(name), shards: shards, leaseDuration: lease, deadline: now.advanced(by: timeout),
                    priority: priority,
                    shapeClass: shapeClass, shardsPerStage: perStage, residencyKeys: keys,
                    reservations: Reservations(workers: reserved.map(peer), duration: reservedFor))))
    }

    mutating func end(_ assignment: Assignment, _ outcome: TaskEnd.Outcome = .done) {
        handle(
            .taskEnded(
                TaskEnd(
                    worker: assignment.worker, incarnation: assignment.incarnation, lease: assignment.lease,
                    outcome: outcome)))
    }

    mutating func heartbeat(_ name: String, holding leases: [LeaseToken] = [], incarnation: UInt64 = 1) {
        handle(.heartbeat(peer(name), Incarnation(incarnation), leases: leases))
    }

    /// Lets time pass, firing every timer on the way at its own instant.
    mutating func advance(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let due = scheduler.nextTimer, due <= end {
            now = max(now, due)
            handle(.tick)
        }
        now = end
        handle(.tick)
    }

    /// Returns the actions since the last call, and forgets them.
    mutating func take() -> [SchedulerAction] {
        defer { actions = [] }
        return actions
    }

    /// Takes the tasks sent since the last call.
    mutating func takeSends() -> [Assignment] {
        take().compactMap { if case .send(let assignment) = $0 { assignment } else { nil } }
    }
}

func peer(_ name: String) -> PeerID { PeerID(name) ?? PeerID("invalid")! }
func job(_ name: String) -> JobID { JobID(name) ?? JobID("invalid")! }

extension [SchedulerAction] {
    var finishes: [JobID: JobOutcome] {
        var all: [JobID: JobOutcome] = [:]
        for case .finish(let id, let outcome) in self { all[id] = outcome }
        return all
    }

    var kept: [ShardKey] { compactMap { if case .keep(let key) = $0 { key } else { nil } } }

    var failure: JobError.Code? {
        for case .finish(_, .failed(let error)) in self { return error.code }
        return nil
    }
}
