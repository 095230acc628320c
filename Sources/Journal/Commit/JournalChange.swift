import Dispatcher
import Fleet

/// What one call asks to be made durable.
enum JournalChange: Sendable {
    case store(JournaledJob, request: [UInt8])
    case setWaiters([JournaledWaiter], JobID)
    case end(JobID, answer: [UInt8], keepUntil: WallTime)
    case forget(JobID)

    /// Whether it can succeed on a full disk, and leaves room there.
    var makesRoom: Bool {
        if case .forget = self { true } else { false }
    }
}
