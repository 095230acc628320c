import Fleet

/// Something of one job for the journal to do.
struct JournalWork: Sendable {
    enum Operation: Sendable {
        case store(JournaledJob, request: [UInt8])
        case setWaiters([JournaledWaiter])
        case load
        case end(answer: [UInt8], keepUntil: WallTime)
        case deliver([JobWaiter])
        case forget
    }

    let id: JobID
    let operation: Operation

    init(_ id: JobID, _ operation: Operation) {
        self.id = id
        self.operation = operation
    }
}

extension JournaledWaiter {
    /// Nil for a caller in this process, who does not outlive it.
    init?(_ waiter: JobWaiter) {
        guard case .topic(let topic, let correlation) = waiter.route else { return nil }
        self.init(topic: topic, correlation: correlation, wantsUpdates: waiter.wantsUpdates)
    }
}

extension RecoveredJob {
    init(_ job: JournaledJob, _ topics: FleetTopics, _ start: WallTime) {
        func instant(_ time: WallTime) -> Instant { Instant.origin.advanced(by: start.duration(to: time)) }
        let ticket = JobTicket(
            id: job.id, digest: job.digest, bytes: job.requestBytes, priority: job.priority, isDurable: true,
            deadline: instant(job.deadline), client: job.waiters.first.map { topics.client(answeredOn: $0.topic) } ?? ""
        )
        let waiters = job.waiters.map {
            JobWaiter(.topic($0.topic, correlation: $0.correlation), wantsUpdates: $0.wantsUpdates)
        }
        let state: State =
            switch job.state {
            case .accepted: .accepted
            case .ended(let until, let bytes): .ended(keepUntil: instant(until), answerBytes: bytes)
            }
        self.init(ticket: ticket, waiters: waiters, state: state)
    }
}
