import Dispatcher
import Fleet

/// The clients, and the run.
extension ScaleWorld {
    mutating func run() {
        while report.jobsDone + report.jobsRefused < settings.jobs, let next = events.next {
            guard let event = events.popFirst() else { break }
            now = next
            take(event)
        }
        conclude()
    }

    private mutating func take(_ event: Event) {
        switch event {
        case .workerStart(let worker): startWorker(worker)
        case .heartbeat(let worker): beat(worker)
        case .submission: submit()
        case .reached(let message): reached(message)
        case .computed(let worker, let lease): computed(worker, lease)
        case .dispatcherTimer: dispatcherTimer()
        }
    }

    private mutating func submit() {
        if before == nil { before = (broker, processor, fanOut, fanIn) }
        waitingSubmissions -= 1
        submissions.append(now)
        send(
            .request(job: submissions.count - 1), settings.requestBytes,
            through: ways([.broker, .dispatcherIn]) + [.dispatcher])
    }

    mutating func answered(_ job: Int) {
        report.jobsDone += 1
        report.latencies.append(submissions[job].duration(to: now).inSeconds)
        report.seconds = Self.start.duration(to: now).inSeconds
        jobEnded()
    }

    /// Lets the next one come, where so many are to be under way.
    mutating func jobEnded() {
        guard case .pipelined = settings.arrivals, submissions.count + waitingSubmissions < settings.jobs else {
            return
        }
        waitingSubmissions += 1
        schedule(.submission, at: now)
    }

    private mutating func conclude() {
        let counters = dispatcher.core.counters
        (report.retries, report.hedges) = (counters.shardsRetried, counters.hedges)
        report.workersUsed = workers.count { $0.wasUsed }
        guard let before, report.seconds > 0 else { return }
        report.brokerBytes = broker.bytes - before.broker.bytes
        report.brokerMessages = broker.messages - before.broker.messages
        report.dispatcherBytes = processor.bytes - before.processor.bytes
        let slots = workers.reduce(0) { $0 + $1.kind.slots }
        report.loads = [
            .broker: broker.busy - before.broker.busy, .dispatcher: processor.busy - before.processor.busy,
            .fanOut: fanOut.busy - before.fanOut.busy, .fanIn: fanIn.busy - before.fanIn.busy,
            .workers: workerBusy / Double(max(slots, 1)),
        ].mapValues { $0 / report.seconds }
    }

    /// Reads what the dispatcher's tables take, by letting go of them.
    mutating func measureTables() {
        let all = gauges.heapBytes()
        dispatcher = ScaleDispatcher(settings)
        report.tableBytes = max(all - gauges.heapBytes(), 0)
    }
}
