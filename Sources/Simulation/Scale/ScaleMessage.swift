import Dispatcher
import Fleet

/// A message of a scale simulation, and what it is.
struct ScaleMessage {
    enum Content {
        case birth(worker: Int)
        case heartbeat(worker: Int, leases: [LeaseToken])
        case request(job: Int)
        case task(ScaleTask)
        case result(ScaleTask, queued: Double, computed: Double)
        case cancel(worker: Int, LeaseToken)
        case answer(job: Int)
    }

    let content: Content
    let bytes: Int
    /// The places that it has yet to pass, the last one first.
    var way: [Place]

    var isHeartbeat: Bool { if case .heartbeat = content { true } else { false } }

    /// What a message passes.
    enum Place {
        case dispatcher
        case dispatcherOut
        case dispatcherIn
        case broker
        case workerIn(Int)
        case workerOut(Int)
    }
}

/// One attempt at a shard.
struct ScaleTask {
    let worker: Int
    let incarnation: Incarnation
    let lease: LeaseToken
    let flops: Double
    let resultBytes: Int
    /// When the worker had it, and began it.
    var arrived = Instant.origin
    var begun = Instant.origin
}
