import Simulation

/// Runs seeds beside each other, and stops at the first that fails.
struct SimulationRunner {
    let settings: @Sendable (UInt64) -> SimulationSettings
    /// How many at a time.
    let width: Int
    let progress: @Sendable (_ done: Int) -> Void

    struct Result {
        var seeds = 0
        var counters = SimulationCounters()
        /// The failing one with the lowest seed of those that were run.
        var failure: SimulationReport?
    }

    func run(_ seeds: Range<UInt64>) async -> Result {
        var result = Result()
        await withTaskGroup(of: SimulationReport.self) { group in
            var left = seeds.makeIterator()
            func start() {
                guard result.failure == nil, let seed = left.next() else { return }
                group.addTask { [settings] in Simulation.run(settings(seed)) }
            }
            for _ in 0..<width { start() }
            while let report = await group.next() {
                result.seeds += 1
                result.counters.add(report.counters)
                if !report.violations.isEmpty, report.seed < result.failure?.seed ?? .max { result.failure = report }
                progress(result.seeds)
                start()
            }
        }
        return result
    }
}
