import Dispatcher
import Fleet

/// A dispatcher of a scale simulation: the core, and what its shell knows of the fleet and of running jobs.
struct ScaleDispatcher {
    struct Job {
        let plan: AttentionPlan
        /// Whose keys and values one worker gets several times.
        let repeated: Set<ContextPlace>
        /// Of all tasks and results, as planned.
        let messageBytes: Int
        /// Of each shard as it was sent last: its bytes, and when its turn came, in seconds.
        var sent: [(bytes: Int, departed: Double)]
        var isKept: [Bool]
        var done = 0
    }

    var core: DispatcherCore
    var meter = FleetMeter()
    var contexts = ContextBook()
    var jobs: [Int: Job] = [:]
    /// When the earliest timer that is set fires.
    var timer: Instant?

    /// Of the messages that jobs under way have yet to send and to get.
    var bytesUnderWay: Double {
        jobs.values.reduce(0) { sum, job in
            sum + Double(job.messageBytes) * (1 - Double(job.done) / Double(max(job.isKept.count, 1)))
        }
    }

    init(_ settings: ScaleSettings) {
        core = DispatcherCore(
            epoch: 1, seed: settings.seed, admission: settings.roomyAdmission, scheduler: settings.scheduler,
            at: .origin
        )
    }
}

extension ScaleSettings {
    /// With room for all jobs that are to be under way at a time: it is not the bounds of admission that are simulated.
    fileprivate var roomyAdmission: AdmissionSettings {
        var room = admission
        guard case .pipelined(let count) = arrivals else { return room }
        room.jobs = max(room.jobs, 2 * count)
        let job = requestBytes + problem.outputBytes
        room.bytes = max(room.bytes, 2 * count * job)
        return room
    }

    /// Of a job's request: Q, K and V as float32.
    var requestBytes: Int {
        let rows = problem.batch * problem.queryHeads * problem.queryLength * problem.headSize
        let keys = problem.batch * problem.kvHeads * problem.keyLength * (problem.keySize + problem.valueHeadSize)
        return 4 * (rows + keys) + ScaleWorld.headerBytes
    }
}
