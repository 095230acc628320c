import Codecs
import Foundation
import Simulation

/// What came of scale simulations, for people and for programs: a column for each fleet.
struct ScaleSummary {
    private let reports: [ScaleReport]

    init(_ reports: [ScaleReport]) { self.reports = reports }

    private struct Row {
        let name: String
        let text: (ScaleReport) -> String
    }

    private static var rows: [Row] {
        [
            Row(name: "workers") { "\($0.workers)" },
            Row(name: "that got work") { "\($0.workersUsed)" },
            Row(name: "jobs a second") { number($0.jobsPerSecond) },
            Row(name: "over one worker") { number($0.speedUp) },
            Row(name: "latency, median") { time($0.latencies.quantile(0.5)) },
            Row(name: "latency, p99") { time($0.latencies.quantile(0.99)) },
            Row(name: "tasks a job") { number(Double($0.tasks) / Double(max($0.jobsDone, 1))) },
            Row(name: "through the broker, MB/s") { number(Double($0.brokerBytes) / 1e6 / $0.seconds) },
            Row(name: "through the broker, messages/s") { number(Double($0.brokerMessages) / $0.seconds) },
            Row(name: "through the dispatcher, MB/s") { number(Double($0.dispatcherBytes) / 1e6 / $0.seconds) },
            Row(name: "heartbeats a second") { number($0.heartbeatsPerSecond) },
            Row(name: "broker at work") { share($0, .broker) },
            Row(name: "dispatcher at work") { share($0, .dispatcher) },
            Row(name: "its link out, in") { share($0, .fanOut) + ", " + share($0, .fanIn) },
            Row(name: "workers at work") { share($0, .workers) },
            Row(name: "what limits") { $0.ceiling.rawValue },
        ]
    }

    private static var measured: [Row] {
        [
            Row(name: "planning a job, median") { time($0.planning.quantile(0.5)) },
            Row(name: "planning a job, p99") { time($0.planning.quantile(0.99)) },
            Row(name: "core, events a second") { number(Double($0.coreEvents) / $0.coreSeconds) },
            Row(name: "dispatcher's memory a worker") { String(format: "%.0f B", $0.bytesPerWorker) },
        ]
    }

    var lines: [String] {
        ["On the virtual clock:"] + table(Self.rows) + ["", "Measured on this machine:"] + table(Self.measured)
    }

    private func table(_ rows: [Row]) -> [String] {
        let cells = rows.map { row in reports.map { row.text($0) } }
        let first = (Self.rows + Self.measured).map(\.name.count).max() ?? 0
        let widths = reports.indices.map { column in
            (Self.rows + Self.measured).map { $0.text(reports[column]).count }.max() ?? 0
        }
        return zip(rows, cells).map { row, cells in
            "  " + row.name.padding(toLength: first, withPad: " ", startingAt: 0)
                + zip(cells, widths).map { cell, width in
                    String(repeating: " ", count: width - cell.count + 2) + cell
                }.joined()
        }
    }

    private static func number(_ number: Double) -> String {
        String(format: number < 10 ? "%.2f" : number < 100 ? "%.1f" : "%.0f", number)
    }

    private static func time(_ seconds: Double) -> String {
        seconds < 1e-3
            ? String(format: "%.0f µs", seconds * 1e6)
            : seconds < 1 ? String(format: "%.1f ms", seconds * 1e3) : String(format: "%.2f s", seconds)
    }

    private static func share(_ report: ScaleReport, _ part: ScaleReport.Ceiling) -> String {
        String(format: "%.0f %%", 100 * report.loads[part, default: 0])
    }

    var json: JSON { JSON.object(["fleets": .array(reports.map(\.json))]) }
}

extension ScaleReport {
    fileprivate var json: JSON {
        let parts = JSON.Object(
            Ceiling.allCases.filter { $0 != .jobs }.map { part -> (String, JSON) in
                (part.rawValue.replacing("-", with: "_"), JSON(loads[part, default: 0]))
            })
        let values: [(String, JSON)] = [
            ("workers", JSON(workers)), ("workers_used", JSON(workersUsed)), ("jobs_done", JSON(jobsDone)),
            ("jobs_refused", JSON(jobsRefused)), ("seconds", JSON(seconds)), ("jobs_per_s", JSON(jobsPerSecond)),
            ("speed_up", JSON(speedUp)), ("latency_median_s", value(latencies.quantile(0.5))),
            ("latency_p99_s", value(latencies.quantile(0.99))), ("tasks", JSON(tasks)), ("retries", JSON(retries)),
            ("hedges", JSON(hedges)), ("broker_bytes", JSON(brokerBytes)), ("broker_messages", JSON(brokerMessages)),
            ("dispatcher_bytes", JSON(dispatcherBytes)), ("heartbeats_per_s", JSON(heartbeatsPerSecond)),
            ("at_work", .object(parts)), ("limit", .string(ceiling.rawValue)),
            ("planning_median_s", value(planning.quantile(0.5))), ("planning_p99_s", value(planning.quantile(0.99))),
            ("core_events", JSON(coreEvents)), ("core_events_per_s", value(Double(coreEvents) / coreSeconds)),
            ("table_bytes_per_worker", JSON(bytesPerWorker)),
        ]
        return .object(JSON.Object(values))
    }

    /// JSON has no NaN: what there is none of is null.
    private func value(_ number: Double) -> JSON { number.isFinite ? JSON(number) : .null }
}
