public import Fleet

/// Runs simulated fleets. Deterministic: the same settings give the same report, to the event.
public enum Simulation {
    /// - Parameter trace: is told what happens, in words.
    public static func run(
        _ settings: SimulationSettings, trace: ((Instant, String) -> Void)? = nil
    ) -> SimulationReport {
        run(settings, trace: trace, sabotage: nil)
    }

    static func run(
        _ settings: SimulationSettings, trace: ((Instant, String) -> Void)? = nil, sabotage: Sabotage?
    ) -> SimulationReport {
        var world = World(settings, settings.schedule, trace: trace)
        world.sabotage = sabotage
        world.run()
        if let core = world.dispatcher.core { world.addCounters(of: core) }
        return SimulationReport(
            seed: settings.seed, counters: world.counters, violations: world.auditor.violations,
            elapsed: Instant.origin.duration(to: world.now))
    }
}

/// What came of one simulation.
public struct SimulationReport: Sendable {
    public let seed: UInt64
    public let counters: SimulationCounters
    /// Empty if every invariant held after every event.
    public let violations: [Violation]
    /// On the virtual clock.
    public let elapsed: Duration
}
