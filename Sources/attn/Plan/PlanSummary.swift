import Codecs
import Dispatcher
import Fleet
import Foundation

/// What `attn plan` tells of a plan.
struct PlanSummary {
    /// What one worker is to do.
    struct Share {
        let worker: String
        var shards = 0
        /// Of the whole work.
        var part = 0.0
        var bytes = 0
        /// Seconds of its slots together.
        var computing = 0.0
        var done = 0.0
    }

    private let plan: FleetPlan
    private let planning: Duration
    let shares: [Share]

    init(_ plan: FleetPlan, _ problem: AttentionProblem, wire: WireFormat, planning: Duration) {
        (self.plan, self.planning) = (plan, planning)
        var shares = plan.workers.map { Share(worker: $0.id.text) }
        let whole = max(problem.flops, 1)
        for (index, owner) in plan.plan.owners.enumerated() {
            let (shard, span) = (plan.plan.shards[index], plan.timeline.spans[index])
            shares[owner].shards += 1
            shares[owner].part += problem.flops(of: shard) / whole
            if owner != plan.here {
                shares[owner].bytes += problem.taskBytes(of: shard, wire: wire)
                shares[owner].bytes += problem.resultBytes(of: shard)
            }
            shares[owner].computing += span.computed - span.begun
            shares[owner].done = max(shares[owner].done, span.done)
        }
        self.shares = shares.filter { $0.shards > 0 }
    }

    var sentence: String {
        let who = plan.candidates.first?.kind == .here ? "here" : "by \(shares.count.counted("worker"))"
        return "\(who), in \(plan.plan.shards.count.counted("shard")): \(milliseconds(plan.timeline.makespan)) "
            + "predicted; planned in \(milliseconds(planning / .seconds(1)))"
    }

    /// Tables of the candidates and of the shares, and what limits.
    var explanation: [String] {
        let best = max(plan.candidates.first?.makespan ?? 0, 1e-12)
        let candidates = plan.candidates.map { candidate in
            [
                candidate.kind.rawValue, "\(candidate.workers)", "\(candidate.shards)",
                String(format: "%.2f", Double(candidate.bytes) / 1e6), milliseconds(candidate.makespan),
                String(format: "%.2f", candidate.makespan / best),
            ]
        }
        let rows = shares.prefix(Self.mostRows).map { share in
            [
                share.worker, String(format: "%.1f %%", 100 * share.part), "\(share.shards)",
                String(format: "%.2f", Double(share.bytes) / 1e6), milliseconds(share.computing),
                milliseconds(share.done),
            ]
        }
        let left = shares.count - rows.count
        return ["", "Candidates, the best first:"]
            + table([["kind", "workers", "shards", "MB", "predicted", "of the best"]] + candidates)
            + ["", "Shares:"] + table([["worker", "of the work", "shards", "MB", "computing", "done at"]] + rows)
            + (left > 0 ? ["  and \(left) more"] : []) + ["", limit]
    }

    private static let mostRows = 40

    /// Where most of the longest way goes.
    private var limit: String {
        guard let last = plan.timeline.spans.max(by: { $0.done < $1.done }) else {
            return "There is nothing to compute."
        }
        let (way, wait) = (last.arrived - last.sent, last.sent + last.begun - last.arrived)
        let (computing, back) = (last.computed - last.begun, last.done - last.computed)
        let parts = [
            (way, "its task's way"), (wait, "waiting for its turn"), (computing, "computing"),
            (back, "its result's way"),
        ]
        let longest = parts.max { $0.0 < $1.0 } ?? parts[0]
        return "The last shard is done at \(milliseconds(last.done)); most of that is \(longest.1), "
            + "\(milliseconds(longest.0))."
    }

    var json: JSON {
        [
            "predicted_ms": JSON(plan.timeline.makespan * 1e3), "planning_ms": JSON(planning / .milliseconds(1)),
            "shards": JSON(plan.plan.shards.count),
            "candidates": .array(plan.candidates.map(\.json)),
            "shares": .array(
                shares.map { share in
                    [
                        "worker": .string(share.worker), "of_the_work": JSON(share.part), "shards": JSON(share.shards),
                        "bytes": JSON(share.bytes), "computing_ms": JSON(share.computing * 1e3),
                        "done_ms": JSON(share.done * 1e3),
                    ]
                }),
        ]
    }
}

/// Columns side by side, the first to the left, numbers to the right.
private func table(_ rows: [[String]]) -> [String] {
    let widths = rows.first?.indices.map { column in rows.map { $0[column].count }.max() ?? 0 } ?? []
    return rows.map { row in
        "  "
            + row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
    }
}

private func milliseconds(_ seconds: Double) -> String {
    String(format: seconds < 0.1 ? "%.2f ms" : "%.0f ms", seconds * 1e3)
}
