import Codecs

/// A job, and what its report says was expected of it.
struct TimedJob: Sendable {
    let seconds: Double
    /// Predicted and measured, from the plan to the last result, in seconds; nil if the job was not planned.
    let makespan: (predicted: Double, measured: Double)?
    /// How it was cut.
    let kind: String?

    init(seconds: Double, _ report: JSON?) {
        self.seconds = seconds
        let plan = report?.objectValue?["plan"]?.objectValue
        kind = plan?["candidates"]?.arrayValue?.first?.objectValue?["kind"]?.stringValue
        guard let predicted = plan?["predicted_ms"]?.doubleValue,
            let planned = report?.objectValue?["planned_ms"]?.doubleValue,
            let elapsed = report?.objectValue?["elapsed_ms"]?.doubleValue
        else {
            makespan = nil
            return
        }
        makespan = (predicted / 1e3, (elapsed - planned) / 1e3)
    }
}
