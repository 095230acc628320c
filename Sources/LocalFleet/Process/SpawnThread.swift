import Dispatch
import Foundation
import Synchronization

/// The one thread that starts every child, and that lives as long as this process.
///
/// The kernel sends a child its parent-death signal when the *thread* that forked it ends, not the process
/// (prctl(2), PR_SET_PDEATHSIG). A child started from a thread of a pool would die with that thread.
final class SpawnThread: Sendable {
    static let shared = SpawnThread()

    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let available = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                available.wait()
                let work = waiting.withLock { $0.removeFirst() }
                work()
            }
        }
        thread.name = "spawn"
        thread.start()
    }

    /// Runs work on the thread, in the order of the calls.
    func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            waiting.withLock { $0.append { continuation.resume(returning: work()) } }
            available.signal()
        }
    }
}
