import Dispatcher
public import Fleet

extension Simulation {
    /// Runs jobs on a fleet without faults, with the production planner and cores, and finds out what limits it.
    ///
    /// What happens on the virtual clock is the same for the same settings, whatever the gauges say.
    ///
    /// - Throws: `JobError.tooLarge` if no message can carry a piece of the job.
    public static func scale(_ settings: ScaleSettings, _ gauges: ScaleGauges) throws(JobError) -> ScaleReport {
        var report = try run(settings, gauges)
        var alone = settings
        alone.workers = 1
        alone.jobs = min(settings.jobs, 4)
        alone.kinds = [ScaleWorker(mean: settings.kinds, of: settings.workers)]
        if case .rate = settings.arrivals { alone.arrivals = .pipelined(2) }
        report.aloneJobsPerSecond = try run(alone, .none).jobsPerSecond
        return report
    }

    private static func run(_ settings: ScaleSettings, _ gauges: ScaleGauges) throws(JobError) -> ScaleReport {
        // A job that cannot be cut for its messages can be cut for none.
        _ = try planAttention(
            settings.problem,
            limits: PlanLimits(slots: 1, messageBytes: settings.messageBytes, wire: settings.wire))
        var world = ScaleWorld(settings, gauges)
        world.run()
        world.measureTables()
        let start = gauges.processorSeconds()
        let actions = world.recording.replay()
        world.report.coreSeconds = gauges.processorSeconds() - start
        world.report.coreEvents = world.recording.count
        precondition(actions == world.recording.actions, "a core knows no chance but its seed's")
        return world.report
    }
}

extension ScaleWorker {
    /// One worker with one slot of the mean speed of a fleet's workers, each counted with its slots.
    fileprivate init(mean kinds: [ScaleWorker], of count: Int) {
        self = kinds[0]
        let fleet = (0..<count).map { kinds[$0 % kinds.count] }
        speed = fleet.reduce(0) { $0 + $1.speed * Double($1.slots) } / Double(count)
        slots = 1
        bytesPerSecond = fleet.reduce(0) { $0 + $1.bytesPerSecond } / Double(count)
    }
}
