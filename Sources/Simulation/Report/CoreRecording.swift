import Dispatcher
import Fleet

/// What the dispatcher's core was told in one life, for taking it in again without a world around it.
public struct CoreRecording: Sendable {
    /// As it began.
    let core: DispatcherCore
    var events: [(event: DispatcherEvent, at: Instant)] = []
    /// How many actions came of it.
    public internal(set) var actions = 0

    public var count: Int { events.count }

    init(_ core: DispatcherCore) { self.core = core }

    /// Lets a new core take everything in.
    /// - Returns: how many actions came of it: as many as before, since the core knows no chance but its seed's.
    public func replay() -> Int {
        var core = core
        return events.reduce(0) { $0 + core.handle($1.event, at: $1.at).count }
    }

    static func core(
        life: UInt64, _ settings: SimulationSettings, recovered: [RecoveredJob] = [], at now: Instant
    ) -> DispatcherCore {
        DispatcherCore(
            epoch: life, seed: settings.seed &+ life, admission: settings.admission, scheduler: settings.scheduler,
            recovered: recovered, at: now)
    }
}

extension Simulation {
    /// Runs a fleet without faults and notes what its dispatcher's core was told.
    public static func record(_ settings: SimulationSettings) -> CoreRecording {
        var settings = settings
        settings.faults = []
        let recording = CoreRecording(CoreRecording.core(life: 1, settings, at: .origin))
        var world = World(settings, [])
        world.recording = recording
        world.run()
        return world.recording ?? recording
    }
}
