import Foundation
import UnixSignals

/// Ends the program at SIGINT or SIGTERM for commands with nothing to finish: after a clean-up, with the signal's
/// customary exit status. Children then end by themselves; see `ChildTrampoline`.
struct InterruptHandler: Sendable {
    private let task: Task<Void, Never>

    init(cleanUp: @escaping @Sendable () -> Void) {
        task = Task {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                cleanUp()
                Foundation.exit(128 + signal.rawValue)
            }
        }
    }

    func cancel() { task.cancel() }
}
