import Codecs
import Fleet
import Foundation
import Simulation

/// What came of all seeds, for people and for programs.
struct SimulationSummary {
    let result: SimulationRunner.Result
    let elapsed: Duration
    /// Of all threads together, so that events per second are those of one core.
    let processorSeconds: Double

    private var counters: SimulationCounters { result.counters }

    private var eventsPerSecond: Int { Int(Double(counters.schedulerEvents) / max(processorSeconds, 1e-9)) }

    private var numbers: [(String, Int)] {
        [
            ("seeds", result.seeds), ("events", counters.events), ("scheduler_events", counters.schedulerEvents),
            ("scheduler_events_per_core_second", eventsPerSecond), ("jobs_submitted", counters.jobsSubmitted),
            ("jobs_done", counters.jobsDone), ("jobs_failed", counters.jobsFailed.values.reduce(0, +)),
            ("acceptances", counters.jobsAccepted), ("refusals", counters.refusals), ("leases", counters.tasks),
            ("retries", counters.retries), ("hedges", counters.hedges), ("hedges_won", counters.hedgesWon),
            ("results_dropped", counters.resultsDropped), ("workers_set_aside", counters.workersSetAside),
            ("dispatcher_lives", counters.dispatcherLives), ("violations", result.failure?.violations.count ?? 0),
        ]
    }

    private var failures: [(String, Int)] {
        counters.jobsFailed.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
    }

    private var faults: [(String, Int)] {
        counters.faults.sorted { $0.key < $1.key }.map { ($0.key.rawValue, $0.value) }
    }

    var lines: [String] {
        let width = numbers.map(\.0.count).max() ?? 0
        return numbers.map { name, number in
            name.replacing("_", with: " ").padding(toLength: width, withPad: " ", startingAt: 0) + "  \(number)"
        } + [
            "failed: " + list(failures), "faults: " + list(faults),
            String(format: "%.1f s, %.1f s of processor time", elapsed.inSeconds, processorSeconds),
        ]
    }

    private func list(_ counts: [(String, Int)]) -> String {
        counts.isEmpty ? "none" : counts.map { "\($0) \($1)" }.joined(separator: ", ")
    }

    func json(reproduction: String?) -> String {
        func object(_ counts: [(String, Int)]) -> JSON { .object(JSON.Object(counts.map { ($0.0, JSON($0.1)) })) }
        var values = numbers.map { ($0.0, JSON($0.1)) }
        values.append(("failed_by_code", object(failures)))
        values.append(("faults", object(faults)))
        values.append(("elapsed_s", JSON(elapsed.inSeconds)))
        values.append(("processor_s", JSON(processorSeconds)))
        if let failure = result.failure {
            values.append(("failed_seed", JSON(failure.seed)))
            values.append(("violated", JSON(failure.violations.map(\.description))))
            if let reproduction { values.append(("reproduction", JSON(reproduction))) }
        }
        return JSON.object(JSON.Object(values)).text()
    }
}
