/// A plan with what is predicted of it.
public struct FleetPlan: Sendable {
    public var plan: AttentionPlan
    /// What the owners of `plan` are.
    public var workers: [WorkerProfile]
    /// Which of them is the dispatcher itself.
    public var here: Int?
    public var timeline: Timeline
    /// All that were worked out, the best first.
    public var candidates: [Candidate]

    /// For whom the shards are made, and for how long they wait for them.
    package var reservations: Reservations {
        Reservations(
            workers: plan.owners.map { workers[$0].id },
            duration: .milliseconds(100) + .seconds(min(patience, 86_400)))
    }

    /// Seconds after which a worker that has not begun its shards is given up: twice what the job should take. One that was chosen
    /// to do all of it is worth waiting for until the next best way would have taken as long: what slows it down slows
    /// the sending elsewhere too, and sending over a slow link gains nothing by a late start.
    var patience: Double {
        guard let chosen = candidates.first else { return 2 * timeline.makespan }
        let others = candidates.filter { $0.kind != chosen.kind }.map(\.makespan)
        guard chosen.workers == 1, let next = others.min() else { return 2 * timeline.makespan }
        return 2 * max(timeline.makespan, next)
    }

    /// One way to do the job.
    public struct Candidate: Sendable, Equatable {
        public enum Kind: String, Sendable {
            /// Undistributed, on the dispatcher's own cores.
            case here
            /// Undistributed, on the worker that is fastest alone.
            case oneWorker = "one worker"
            /// Heads and batch rows, and queries within a head.
            case queries = "heads, queries"
            /// Heads and batch rows, and keys within a head.
            case keys = "heads, keys"
        }

        public var kind: Kind
        /// Workers with a share.
        public var workers: Int
        public var shards: Int
        /// Of tasks and results.
        public var bytes: Int
        /// Predicted, in seconds.
        public var makespan: Double

        /// Cut in another way, but not to be told from the other: a share for one worker is all of the work.
        func isLike(_ other: Candidate) -> Bool {
            workers == other.workers && shards == other.shards && makespan == other.makespan
        }
    }
}
