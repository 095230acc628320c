import Codecs
import Fleet

/// How a fleet took too much work.
struct OverloadReport: Sendable {
    /// Jobs a second that the fleet does when one client alone asks for them.
    let capacity: Double
    let elapsed: Duration
    let state: OverloadCounter.State

    var wrong: Int { state.wrong }
    var otherFailures: [String: Int] { state.otherFailures }
    var peakDispatcher: Int { state.dispatcher.max() ?? 0 }

    private var offered: Double { Double(state.answered + state.refused) / elapsed.inSeconds }

    private func quantile(_ quantile: Double, _ times: [Duration]) -> Double {
        guard !times.isEmpty else { return 0 }
        return times.sorted()[min(Int(Double(times.count) * quantile), times.count - 1)].inMilliseconds
    }

    /// The dispatcher's memory at the end of each quarter of the run.
    private var quarters: [Int] {
        guard state.dispatcher.count >= 4 else { return state.dispatcher }
        return (1...4).map { state.dispatcher[state.dispatcher.count * $0 / 4 - 1] }
    }

    var text: String {
        let others = otherFailures.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let times: Double = offered / max(capacity, 0.1)
        let memory = quarters.map(megabytes).joined(separator: ", ")
        return [
            "the fleet alone \(tenths(capacity)) jobs/s; offered \(tenths(offered)) jobs/s, \(tenths(times)) times as many, "
                + "for \(Int(elapsed.inSeconds)) s",
            "answered \(state.answered), wrongly \(wrong), refused as busy \(state.refused), "
                + "other failures \(others.isEmpty ? "0" : others)",
            "a refusal after \(tenths(quantile(0.5, state.refusalTimes))) ms (median), "
                + "\(tenths(quantile(0.99, state.refusalTimes))) ms (p99); told to come again after "
                + "\(tenths(quantile(0.5, state.hints))) ms (median)",
            "the dispatcher's memory \(megabytes(peakDispatcher)) MB at most; at the end of each quarter \(memory) MB; "
                + "the broker's \(megabytes(state.broker.max() ?? 0)) MB at most",
        ].joined(separator: "\n")
    }

    private func tenths(_ number: Double) -> String { String((number * 10).rounded() / 10) }

    private func megabytes(_ bytes: Int) -> String { tenths(Double(bytes) / 1_048_576) }

    var json: JSON {
        [
            "capacity": JSON(capacity), "offered": JSON(offered), "answered": JSON(state.answered),
            "wrong": JSON(wrong),
            "refused": JSON(state.refused),
            "other_failures": .object(JSON.Object(otherFailures.map { ($0, JSON($1)) })),
            "refusal_ms": [
                "p50": JSON(quantile(0.5, state.refusalTimes)), "p99": JSON(quantile(0.99, state.refusalTimes)),
            ],
            "dispatcher_bytes": ["most": JSON(peakDispatcher), "quarters": JSON(quarters)],
            "broker_bytes": JSON(state.broker.max() ?? 0),
        ]
    }
}
