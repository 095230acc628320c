import Foundation
import UnixSignals

/// Ends the program at SIGINT or SIGTERM for commands with nothing to finish: after a clean-up, with the signal's
/// customary exit status. Children then end by themselves; see `ChildTrampoline`.
struct InterruptHandler: Sendable {
    private let task: Task<Void, Never>

    init(cleanUp: @escaping @Sendable () async -> Void) {
        task = Task {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                await cleanUp()
                Foundation.exit(128 + signal.rawValue)
            }
        }
    }

    /// Waits for the end that a signal makes.
    func waitForExit() async { await task.value }

    func cancel() { task.cancel() }
}
