import Fleet
import Worker

/// A worker's process: the core, and what its shell holds.
struct SimulatedWorker {
    struct Held {
        let task: SimulatedTask
        var isCancelled = false
    }

    let slots: Int
    let prefetch: Int
    /// Relative to a job's `work`.
    let speed: Double
    /// Nil while the process is dead.
    var core: WorkerCore?
    /// Counts lives: what an earlier one had scheduled is not for this one.
    var life: UInt64 = 0
    var held: [TaskKey: Held] = [:]
    var hungUntil = Instant.origin
    var slowUntil = Instant.origin
    var liesUntil = Instant.origin
    /// What came while it hung.
    var inbox: [Packet] = []

    init(_ random: inout SeededGenerator) {
        slots = .random(in: 1...4, using: &random)
        prefetch = .random(in: 0...2, using: &random)
        speed = .random(in: 0.5...2, using: &random)
    }
}
