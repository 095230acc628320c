import Fleet

extension Simulation {
    /// Leaves out of a failing simulation what it does not need to fail: faults, then jobs, then workers.
    ///
    /// - Parameters:
    ///   - settings: of a simulation in which `invariant` does not hold.
    ///   - mayGoOn: is asked before each further run.
    /// - Returns: settings of one in which it does not hold either.
    public static func shrink(
        _ settings: SimulationSettings, breaking invariant: Violation.Invariant, while mayGoOn: () -> Bool
    ) -> SimulationSettings {
        shrink(settings, while: mayGoOn) { run($0).violations.contains { $0.invariant == invariant } }
    }

    static func shrink(
        _ settings: SimulationSettings, while mayGoOn: () -> Bool, fails: (SimulationSettings) -> Bool
    ) -> SimulationSettings {
        func failsInTime(_ settings: SimulationSettings) -> Bool { mayGoOn() && fails(settings) }
        var smallest = settings
        var size = Int.max
        // Fewer jobs make more faults dispensable, and the other way round.
        while size > smallest.size, mayGoOn() {
            size = smallest.size
            smallest.keptFaults = smallestFailing(smallest.keptFaults ?? Array(settings.drawSchedule().indices)) {
                var fewer = smallest
                fewer.keptFaults = $0
                return failsInTime(fewer)
            }
            smallest.keptJobs = smallestFailing(smallest.keptJobs ?? Array(0..<settings.jobs)) {
                var fewer = smallest
                fewer.keptJobs = $0
                return failsInTime(fewer)
            }
            smallest.workers =
                (1..<smallest.workers).first {
                    var fewer = smallest
                    fewer.workers = $0
                    return failsInTime(fewer)
                } ?? smallest.workers
        }
        return smallest
    }
}

extension SimulationSettings {
    fileprivate var size: Int { (keptFaults?.count ?? .max / 4) + (keptJobs?.count ?? jobs) + workers }
}
