import Dispatcher
import Fleet
import Worker

/// One event after the other.
extension World {
    /// Runs until all clients have their word and the fleet has come to rest, or an invariant is broken.
    mutating func run() {
        // Past this a job that has not ended is lost: every job's time has passed, every fault is over.
        let end = Instant.origin.advanced(by: settings.duration + .seconds(900))
        while auditor.violations.isEmpty, let next = events.next, next <= end {
            if openJobs == 0, next > settled { break }
            guard let event = events.popFirst() else { break }
            now = next
            counters.events += 1
            take(event)
        }
        if auditor.violations.isEmpty { checkRest() }
    }

    /// When faults are over and what they left behind has been found out: silences, leases, back-offs.
    private var settled: Instant { lastChange.advanced(by: .seconds(60)) }

    private var lastChange: Instant {
        let faultsEnd = schedule.map { $0.at.advanced(by: $0.duration) }.max() ?? .origin
        return max(faultsEnd, counters.lastAnswer)
    }

    private mutating func take(_ event: WorldEvent) {
        switch event {
        case .arrival(let peer, let connection, let packet): arrived(packet, at: peer, connection)
        case .connect(let peer): connect(peer)
        case .keepAlivePassed(let peer, let connection): keepAlivePassed(peer, connection)
        case .brokerStart: startBroker()
        case .dispatcherStart: startDispatcher()
        case .dispatcherTimer(let life): dispatcherTimer(life)
        case .journalCommit(let life, let operation): commit(operation, life)
        case .workerStart(let worker): startWorker(worker)
        case .heartbeat(let worker, let life): beat(worker, life)
        case .computed(let worker, let life, let lease): computed(worker, life, lease)
        case .submission(let job): submit(job)
        case .resend(let job, let sending): resend(job, sending)
        case .clientDeadline(let job): giveUp(job)
        case .fault(let number): begin(schedule[number], number)
        case .faultEnd(let number): end(schedule[number])
        }
    }

    /// At the end nothing may be left: no job, no lease, no task, no byte in memory.
    private mutating func checkRest() {
        for (number, client) in clients.enumerated() where client.isSubmitted && !client.isOver {
            auditor.violate(.lostJob, "job \(jobs[number].id) has no final word")
        }
        if let core = dispatcher.core {
            let tables = core.tables
            if tables.jobs != 0 || tables.scheduler.jobs != 0 || tables.scheduler.leases != 0
                || tables.scheduler.ready != 0 || tables.jobsInMemory != 0 || tables.bytesInMemory != 0
            {
                auditor.violate(.leak, "the dispatcher's tables are not empty: \(tables)")
            }
            if !dispatcher.assemblies.isEmpty { auditor.violate(.leak, "outputs of ended jobs are held") }
        }
        for (index, worker) in workers.enumerated() {
            guard let core = worker.core, !core.leases.isEmpty else { continue }
            auditor.violate(.leak, "\(workerIDs[index]) still holds \(core.leases)")
        }
    }
}
