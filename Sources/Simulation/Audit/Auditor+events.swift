import Dispatcher
import Fleet
import HeapModule

/// What the dispatcher's core is told.
extension Auditor {
    mutating func dispatcherStarted(epoch: UInt64, recovered: [(Int, RecoveredJob)]) {
        self.epoch = epoch
        workers = [:]
        leases = [:]
        isConnected = true
        let found = Set(recovered.map(\.0))
        for job in views.indices where views[job].isStored && !found.contains(job) {
            violate(.lostJob, "\(jobs[job].id) was accepted, and a new life does not know it")
        }
        for job in views.indices { keepOnDisk(job, bytes: nil) }
        for (job, recovered) in recovered {
            keepOnDisk(job, bytes: recovered.bytesOnDisk)
            guard case .accepted = recovered.state else { continue }
            open(job, recovered.ticket)
            views[job].isOpen = true
        }
    }

    /// All that was in memory is gone.
    mutating func dispatcherEnded() {
        leases = [:]
        probes = [:]
        forgetEvent()
        dues = Heap()
        (heldJobs, heldBytes) = (0, 0)
        for job in views.indices {
            close(job)
            views[job].isOpen = false
            views[job].leases = []
            views[job].held = nil
            views[job].outputBytes = nil
        }
    }

    mutating func before(_ event: DispatcherEvent, _ now: Instant) {
        switch event {
        case .requested(let ticket, _): request = ticket
        case .prepared(let id, let prepared): begin(number(id), prepared)
        case .stored(let id, let error):
            if error == nil { stored = number(id) } else { keepOnDisk(number(id), bytes: nil) }
        case .answerStored(let id, isKept: true):
            letGo(number(id))
            keepOnDisk(number(id), bytes: outputBytes(number(id)))
        case .fleet(let event): before(event)
        default: break
        }
    }

    private mutating func begin(_ job: Int, _ prepared: PreparedJob) {
        views[job].isOpen = true
        views[job].kept = Array(repeating: false, count: prepared.shards)
        views[job].leases = Array(repeating: [], count: prepared.shards)
        views[job].lastWorkers = Array(repeating: nil, count: prepared.shards)
        let known = outputBytes(job)
        views[job].outputBytes = prepared.outputBytes
        if views[job].held != nil {
            hold(job, bytes: prepared.outputBytes - known)
        } else if !jobs[job].isDurable {
            hold(job, bytes: jobs[job].requestBytes + prepared.outputBytes)
        }
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

    private mutating func forgetEvent() {
        result = nil
        request = nil
        stored = nil
    }

    mutating func after(_ now: Instant) {
        if let stored, views[stored].ticket != nil, views[stored].held == nil, views[stored].isOpen {
            hold(stored, bytes: jobs[stored].requestBytes + outputBytes(stored))
        }
        forgetEvent()
        checkDues(now)
        checkBounds()
    }
}

extension RecoveredJob {
    fileprivate var bytesOnDisk: Int {
        switch state {
        case .accepted: ticket.bytes
        case .ended(_, let answerBytes): answerBytes
        }
    }
}
