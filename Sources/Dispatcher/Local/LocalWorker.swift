import AttnMath
import Compute
import Fleet

/// The dispatcher's own cores, as a worker without a link: attention shards that a plan keeps here are computed on threads of
/// their own, and their results go the way of all results.
///
/// To the scheduler it is a worker that is given only what is reserved for it: a lost worker's shards, or a model's, are not for
/// the dispatcher to drown in.
struct LocalWorker: Sendable {
    /// No worker of the fleet may have this name.
    static let id = PeerID("here")!
    static let incarnation = Incarnation(1)

    let threads: Int
    private let kernel: AttentionKernel
    private let pool: ComputePool<Workspace>
    private var running: [LeaseToken: CancelFlag] = [:]

    init(threads: Int, kernel: AttentionKernel) {
        self.threads = threads
        self.kernel = kernel
        pool = ComputePool(threads: threads) { Workspace() }
    }

    /// A task for each thread, and one more, so that none waits for the next.
    var birth: WorkerBirth {
        WorkerBirth(incarnation: Self.incarnation, slots: threads, prefetch: threads, takesReservedOnly: true)
    }

    var leases: [LeaseToken] { Array(running.keys) }

    /// Computes a task.
    struct Computation: Sendable {
        fileprivate let task: LocalTask
        fileprivate let cancel: CancelFlag
        fileprivate let kernel: AttentionKernel
        fileprivate let pool: ComputePool<Workspace>

        /// - Returns: the result; nil if it was cancelled.
        func run() async throws -> ResultMessage? {
            let (clock, task, kernel, cancel) = (ContinuousClock(), task, kernel, cancel)
            let received = clock.now
            return try await pool.run { workspace in
                Result { () throws -> ResultMessage? in
                    let start = clock.now
                    let task = try task()
                    switch BlockComputation(task, kernel: kernel, cancel: cancel).run(&workspace) {
                    case .cancelled: return nil
                    case .done(let partial):
                        return try ResultMessage(
                            done: task.header, queued: received.duration(to: start),
                            compute: start.duration(to: clock.now), holding: partial.sources(for: task))
                    case .failed(let reason):
                        return try ResultMessage(
                            decoding: ResultMessage.encodeFailed(task.header, code: "compute", reason: reason))
                    }
                }
            }.get()
        }
    }

    mutating func begin(_ task: @escaping LocalTask, _ lease: LeaseToken) -> Computation {
        let cancel = CancelFlag()
        running[lease] = cancel
        return Computation(task: task, cancel: cancel, kernel: kernel, pool: pool)
    }

    mutating func end(_ lease: LeaseToken) { running[lease] = nil }

    mutating func cancel(_ lease: LeaseToken) { running.removeValue(forKey: lease)?.set() }

    /// Floating-point operations a second of one thread.
    func measuredSpeed() async -> Double? {
        let kernel = kernel
        return await pool.run { SpeedProbe.attention(kernel, &$0) }
    }
}
