public import Fleet

/// Runs simulated fleets. Deterministic: the same settings and schedule give the same report, to the event.
public enum Simulation {
    /// - Parameters:
    ///   - schedule: the faults; nil: those that the settings draw.
    ///   - trace: is told what happens, in words.
    public static func run(
        _ settings: SimulationSettings, schedule: [ScheduledFault]? = nil,
        trace: ((Instant, String) -> Void)? = nil
    ) -> SimulationReport {
        var world = World(settings, schedule ?? settings.drawSchedule(), trace: trace)
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
