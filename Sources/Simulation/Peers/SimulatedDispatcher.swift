import Dispatcher
import Fleet

/// A dispatcher's process: the core, and what its shell holds.
struct SimulatedDispatcher {
    /// Nil while the process is dead.
    var core: DispatcherCore?
    /// Counts lives: what an earlier one had scheduled is not for this one.
    var life: UInt64 = 0
    /// Outputs of running jobs.
    var assemblies: [Int: SymbolicAssembly] = [:]
    /// Final answers in memory.
    var answers: [Int: SimulatedAnswer.Content] = [:]
    /// When the earliest timer that is set fires.
    var timer: Instant?
    /// Writes on their way to the disk, in order.
    var writes: [JournalOperation] = []
    /// When the last write of a job is done, since those of one job are made one after the other.
    var busyUntil: [Int: Instant] = [:]
    /// After how many more actions it is killed, in the middle of an event.
    var fuse: (actions: Int, restartAfter: Duration)?
}
