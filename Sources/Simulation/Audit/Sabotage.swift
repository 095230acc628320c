import Dispatcher
import Fleet

/// Where tests break the simulated shell on purpose, to see that the auditor notices. Nothing is in a run's way
/// without it.
struct Sabotage {
    /// What the core is told in place of an event.
    var told: (World, DispatcherEvent) -> DispatcherEvent = { $1 }
    /// What the core is taken to have said.
    var said: (World, [DispatcherAction]) -> [DispatcherAction] = { $1 }
    /// What is done of an action.
    var done: (World, DispatcherAction) -> [DispatcherAction] = { [$1] }
    /// What a new life finds in its journal.
    var found: ([RecoveredJob]) -> [RecoveredJob] = { $0 }
    /// Done to the core after each event.
    var spoiled: (inout DispatcherCore) -> Void = { _ in }
    /// How far the core's clock is behind; a core that is behind is not woken either.
    var lag = Duration.zero
}
