import Fleet
import Dispatcher

/// A message on the wire, as far as it matters to the cores. Peers are numbers: see `Peer`.
enum Packet {
    case workerStatus(worker: Int, isOnline: Bool)
    case workerInfo(worker: Int, WorkerBirth, isRetained: Bool)
    case workerStats(worker: Int, Incarnation, leases: [LeaseToken])
    case task(SimulatedTask)
    case result(SimulatedResult)
    case cancelTask(LeaseToken)
    case dispatcherStatus(isOnline: Bool)
    /// A job's request, or another request under its ID.
    case request(job: Int, client: Int, isOther: Bool)
    case withdraw(job: Int, client: Int)
    case release(job: Int, client: Int)
    case answer(SimulatedAnswer)
}

/// One attempt at a shard, or a probe.
struct SimulatedTask {
    let lease: LeaseToken
    let incarnation: Incarnation
    /// Negative for a probe.
    let job: Int
    let shard: Int

    static let probePartial: UInt64 = 0x9120be
}

struct SimulatedResult {
    enum Outcome {
        case partial(UInt64)
        /// Would not pass validation.
        case garbage
        case refused(RefusalWord)
    }

    enum RefusalWord: String {
        case busy
        case draining
        case otherIncarnation = "other-incarnation"
    }

    let worker: Int
    let task: SimulatedTask
    let outcome: Outcome
}

struct SimulatedAnswer {
    enum Content: Equatable {
        case accepted
        case done([UInt64])
        case failed(JobError)
    }

    let job: Int
    let client: Int
    let content: Content
}
