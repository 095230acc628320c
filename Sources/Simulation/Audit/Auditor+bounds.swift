import Dispatcher
import Fleet
import HeapModule

/// How much is held at a time, and for how long.
extension Auditor {
    /// A job that has to have ended by a time.
    struct Due: Comparable {
        let at: Instant
        let job: Int
        /// Its coming, since a job that is sent again after its end begins anew.
        let opening: Int

        static func < (a: Due, b: Due) -> Bool { (a.at, a.job, a.opening) < (b.at, b.job, b.opening) }
    }

    /// How long past its deadline a job may take to end: reading it from the disk.
    static let grace = Duration.seconds(5)

    /// The core has taken a job on: from now on it is under way until it is concluded.
    mutating func open(_ job: Int, _ ticket: JobTicket) {
        openings += 1
        views[job].ticket = ticket
        views[job].opening = openings
        dues.insert(Due(at: ticket.deadline.advanced(by: Self.grace), job: job, opening: openings))
    }

    mutating func close(_ job: Int) {
        views[job].ticket = nil
        views[job].opening = 0
    }

    /// Looks at those whose time has come.
    mutating func checkDues(_ now: Instant) {
        while let due = dues.min, due.at < now {
            dues.removeMin()
            if views[due.job].opening == due.opening {
                violate(.deadline, "\(jobs[due.job].id) is under way though its time has passed")
            }
        }
    }

    // MARK: Memory

    /// A job's request and output are in memory, for running it.
    mutating func hold(_ job: Int, bytes: Int) {
        if views[job].held == nil { heldJobs += 1 }
        heldBytes += bytes
        views[job].held = (views[job].held ?? 0) + bytes
    }

    mutating func letGo(_ job: Int) {
        guard let bytes = views[job].held else { return }
        heldJobs -= 1
        heldBytes -= bytes
        views[job].held = nil
    }

    func outputBytes(_ job: Int) -> Int { views[job].outputBytes ?? 0 }

    mutating func checkBounds() {
        let bounds = settings.admission
        if heldJobs > max(bounds.jobs, 1) { violate(.bounds, "\(heldJobs) jobs are in memory") }
        // A job that is larger than the bound is done when it is alone.
        if heldJobs > 1, heldBytes > bounds.bytes { violate(.bounds, "\(heldBytes) bytes of jobs are in memory") }
    }

    // MARK: Disk

    /// What the core lets into the journal, or leaves there; nil: it is to be forgotten.
    mutating func keepOnDisk(_ job: Int, bytes: Int?) {
        storedJobs += (bytes == nil ? 0 : 1) - (views[job].onDisk == nil ? 0 : 1)
        storedBytes += (bytes ?? 0) - (views[job].onDisk ?? 0)
        views[job].onDisk = bytes
    }

    mutating func store(_ job: Int, bytes: Int) {
        keepOnDisk(job, bytes: bytes)
        let bounds = settings.admission
        if storedJobs > bounds.storedJobs { violate(.bounds, "\(storedJobs) jobs are stored") }
        if storedBytes > bounds.storedBytes { violate(.bounds, "\(storedBytes) bytes are stored") }
    }
}
