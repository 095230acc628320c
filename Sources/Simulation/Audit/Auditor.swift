import Dispatcher
import Fleet
import HeapModule

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
        /// In this life: of the request that was taken on and has not ended.
        var ticket: JobTicket?
        var opening = 0
        /// In this life: has been read or loaded, and has not ended.
        var isOpen = false
        var kept: [Bool] = []
        var leases: [[UInt64]] = []
        var lastWorkers: [PeerID?] = []
        /// As it was read in this life.
        var outputBytes: Int?
        /// Bytes in memory for running it.
        var held: Int?
        /// Bytes that are on disk, or on their way there.
        var onDisk: Int?
        /// Told to be accepted, on disk, and not forgotten there.
        var isStored = false
        /// The answers that were laid out and stored, over all lives, until forgotten.
        var storedEnds = 0
        var answer: SimulatedAnswer.Content?
        /// The answer that was stored until its client released the job: a copy may be on its way yet when the ID, which is free
        /// again, stands for a new job.
        var released: SimulatedAnswer.Content?
    }

    let settings: SimulationSettings
    let jobs: [SimulatedJob]
    let numbers: [JobID: Int]
    var violations: [Violation] = []
    var workers: [PeerID: WorkerView] = [:]
    var leases: [UInt64: LeaseView] = [:]
    /// Tasks whose partials are known beforehand, by their lease.
    var probes: [UInt64: Probe] = [:]
    var views: [JobView]
    var epoch: UInt64 = 0
    var isConnected = false
    /// The result and the request that came with the event in hand.
    var result: TaskEnd?
    var request: JobTicket?
    /// The job that the event in hand says is stored.
    var stored: Int?
    var dues = Heap<Due>()
    var openings = 0
    var heldJobs = 0
    var heldBytes = 0
    var storedJobs = 0
    var storedBytes = 0

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

    func number(_ id: JobID) -> Int { numbers[id] ?? 0 }
}
