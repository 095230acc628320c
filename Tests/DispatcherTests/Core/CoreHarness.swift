import Dispatcher
import Fleet

/// A dispatcher's core on a clock that tests move by hand. Requests are read at once, as the shell does; the journal
/// answers when the test says so.
struct CoreHarness {
    var core: DispatcherCore
    var now = Instant.origin
    /// Everything the core has asked for since the last `take`.
    var actions: [DispatcherAction] = []
    /// What requests turn out to be when they are read; unfit if not there.
    var shards = 1
    var outputBytes = 100
    var unfit: JobError?

    init(
        admission: AdmissionSettings = AdmissionSettings(), recovered: [RecoveredJob] = [], epoch: UInt64 = 7,
        at now: Instant = .origin
    ) {
        core = DispatcherCore(epoch: epoch, seed: 1, admission: admission, recovered: recovered, at: now)
        self.now = now
    }

    mutating func handle(_ event: DispatcherEvent) {
        let new = core.handle(event, at: now)
        actions += new
        for action in new {
            guard case .prepare(let id) = action else { continue }
            handle(reading(id))
        }
    }

    /// The answer to `prepare` and `load`.
    func reading(_ id: JobID) -> DispatcherEvent {
        if let unfit { return .unfit(id, unfit) }
        return .prepared(
            id,
            PreparedJob(
                shards: shards, outputBytes: outputBytes, leaseDuration: .seconds(10),
                shapeClass: ShapeClass(number: 0)))
    }

    mutating func request(
        _ name: String, durable: Bool = false, from client: String = "client", bytes: Int = 1000, digest: UInt64 = 1,
        timeout: Duration = .seconds(60), priority: Int = 0, route: JobWaiter? = nil
    ) {
        let ticket = JobTicket(
            id: job(name), digest: digest, bytes: bytes, priority: priority, isDurable: durable,
            deadline: now.advanced(by: timeout), client: client)
        handle(.requested(ticket, route ?? waiter(client)))
    }

    mutating func join(_ name: String, slots: Int = 1) {
        let birth = WorkerBirth(incarnation: Incarnation(1), slots: slots)
        handle(.fleet(.workerInfo(peer(name), birth, live: true)))
        handle(.fleet(.workerStatus(peer(name), online: true)))
    }

    /// Lets the workers do everything they have been sent, and are sent for it.
    mutating func work() {
        var done = 0
        while done < actions.count {
            if case .send(let task) = actions[done] {
                let end = TaskEnd(
                    worker: task.worker, incarnation: task.incarnation, lease: task.lease, outcome: .done)
                handle(.fleet(.taskEnded(end)))
            }
            done += 1
        }
    }

    /// Lets time pass, firing every timer on the way at its own instant.
    mutating func advance(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let due = core.nextTimer, due <= end {
            now = max(now, due)
            handle(.tick)
        }
        now = end
        handle(.tick)
    }

    /// Returns the actions since the last call, and forgets them.
    mutating func take() -> [DispatcherAction] {
        defer { actions = [] }
        return actions
    }
}

func waiter(_ client: String) -> JobWaiter {
    JobWaiter(.topic("answer/\(client)", correlation: [1]), wantsUpdates: true)
}

extension [DispatcherAction] {
    /// Why requests were refused, in order.
    var refusals: [JobError.Code] {
        compactMap { if case .refuse(_, _, let error) = $0 { error.code } else { nil } }
    }

    var outcomes: [JobID: JobOutcome] {
        var all: [JobID: JobOutcome] = [:]
        for case .conclude(let id, let outcome) in self { all[id] = outcome }
        return all
    }

    /// Whom answers were handed to, in order.
    var delivered: [JobID: [JobWaiter]] {
        var all: [JobID: [JobWaiter]] = [:]
        for case .deliver(let id, let waiters) in self { all[id, default: []] += waiters }
        return all
    }

    func contains(acceptedOf name: String) -> Bool {
        contains { if case .accepted(job(name), _) = $0 { true } else { false } }
    }

    var sends: Int { count { if case .send = $0 { true } else { false } } }

    var loads: [JobID] { compactMap { if case .load(let id) = $0 { id } else { nil } } }
}
